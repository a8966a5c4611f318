"""The kinds of bad news, kept apart: the claim failed, the state is unknown, the lab broke, the request was bad."""


class UsageProblem(Exception):
    """The request cannot be carried out as asked; the message says what is wrong and what to do.

    Raised before anything is booted. Ends in a usage exit code: 2 for `swarmdrill`, 4 for pytest.
    """


class LabBroken(Exception):
    """A machine, the provider or the host failed, so the drill says nothing about Docker.

    Deliberately no `AssertionError`: Allure and the terminal show it as *broken*, never as *failed*.
    """


class ClaimRefuted(AssertionError):
    """What was observed contradicts what the scenario expected of a claim."""


class ClaimHeld(AssertionError):
    """What was observed is what a claim says, although the registry expects the claim to be wrong."""


class ConditionNotMet(AssertionError):
    """A condition was not reached in time, or can never be reached; every machine still answered."""


class UnfaithfulCopy(AssertionError):
    """What was restored is not what was backed up; `copies.UnfaithfulRestore` says how, machine by machine."""


class MachineErrors(LabBroken):
    """Several machines failed in one parallel action; `causes` maps machine name to its exception."""

    def __init__(self, causes: dict[str, BaseException]) -> None:
        self.causes = causes
        super().__init__("; ".join(f"{name}: {error}" for name, error in causes.items()))
