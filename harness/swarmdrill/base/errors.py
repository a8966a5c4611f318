"""The kinds of bad news, kept apart: the claim failed, the state is unknown, the lab broke, the request was bad.

And the exit status with which a command ends that had such news.
"""

from enum import IntEnum

from swarmdrill.base.messages import UNSAID, Message, as_message, said


class ExitStatus(IntEnum):
    """What every command of this product ends with, set-up included; pytest itself keeps its own numbers."""

    GOOD = 0
    # A claim was refuted, a scenario failed, a state was not reached, a lab is unhealthy, a step failed.
    FAILED = 1
    # It cannot be done as it was asked for, and nothing was done: the message says what to do.
    BAD_REQUEST = 2
    # Only the lab or this host failed, so nothing is said of Docker.
    LAB_BROKE = 3
    INTERRUPTED = 130  # 128 + SIGINT, as a shell has it
    UNREAD = 141  # 128 + SIGPIPE: whoever read the output has gone


class Told(Exception):
    """An error with a `message` that can be said in another language, and `details` below it: what others said.

    `details` are one or more lines or empty. As text it is the message, and the details from the next line on.
    """

    def __init__(self, message: Message = UNSAID, details: str = "") -> None:
        self.message = as_message(message)
        self.details = details
        super().__init__(message)

    def __str__(self) -> str:
        return "\n".join([str(self.message), self.details]) if self.details else str(self.message)


class UsageProblem(Told):
    """The request cannot be carried out as asked; the message says what is wrong and what to do.

    Raised before anything is booted. Ends as `ExitStatus.BAD_REQUEST`, and as 4 in pytest.
    """


class LabBroken(Told):
    """A machine, the provider or the host failed, so the drill says nothing about Docker.

    Deliberately no `AssertionError`: Allure and the terminal show it as *broken*, never as *failed*.
    """


class ClaimRefuted(Told, AssertionError):
    """What was observed contradicts what the scenario expected of a claim."""


class ClaimHeld(Told, AssertionError):
    """What was observed is what a claim says, although the registry expects the claim to be wrong."""


class ConditionNotMet(Told, AssertionError):
    """A condition was not reached in time, or can never be reached; every machine still answered."""


class UnfaithfulCopy(Told, AssertionError):
    """What was restored is not what was backed up; `copies.UnfaithfulRestore` says how, machine by machine."""


class MachineErrors(LabBroken):
    """Several machines failed in one parallel action; `causes` maps machine name to its exception."""

    def __init__(self, causes: dict[str, BaseException]) -> None:
        self.causes = causes
        super().__init__(
            said("{errors:;}", errors=[said("{name}: {error}", name=n, error=e) for n, e in causes.items()])
        )
