"""What can happen in a drill, as data: the events that subscribers get.

Every sentence in an event is a Message: it knows its key and its arguments, and `Event.message` is all that an event
says. The words of others (a command, its output, the text of an observation) are plain text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from swarmdrill.base.messages import Message, as_message, said


class StepStatus(StrEnum):
    """How a step ended: `REFUSED` as was expected; `BROKEN` means the lab or the harness, never the claim."""

    OK = said("ok")
    REFUSED = said("refused")
    FAILED = said("failed")
    BROKEN = said("broken")


class Outcome(StrEnum):
    """What a scenario says of a claim."""

    HELD = said("held")
    REFUTED = said("refuted")
    VARIED = said("varied")
    UNKNOWN = said("unknown")


# Of several verdicts in one trial the first of these counts: one that refutes outweighs all others.
PRECEDENCE = (Outcome.REFUTED, Outcome.UNKNOWN, Outcome.VARIED, Outcome.HELD)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. `at` is seconds since the epoch, `step` the id of the step it belongs to (0: none)."""

    at: float
    step: int

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.type is Message:
                as_message(getattr(self, field.name))

    @property
    def message(self) -> Message:
        """All that it says, as one sentence with key and arguments."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class StepStarted(Event):
    """A step began; `id` names it, `step` is its parent. `phase` marks the steps the terminal shows as a line."""

    id: int
    title: Message
    phase: bool

    @property
    def message(self) -> Message:
        return self.title


@dataclass(frozen=True, kw_only=True)
class StepFinished(Event):
    """A step ended after `duration` seconds; `error` is one line, empty when the status is ok."""

    id: int
    title: Message
    phase: bool
    status: StepStatus
    duration: float
    error: Message

    @property
    def message(self) -> Message:
        return said("{title}: {error}", title=self.title, error=self.error) if self.error else self.title


@dataclass(frozen=True, kw_only=True)
class CommandFinished(Event):
    """A command ran on `machine`. `exit_status` is None when it timed out or the connection was lost.

    `at` is when it finished; `duration` is in seconds; `why` is a few words of intent or empty.
    """

    machine: str
    command: str
    exit_status: int | None
    stdout: str
    stderr: str
    duration: float
    why: Message

    @property
    def message(self) -> Message:
        return self.why or said("{machine} runs {command}", machine=self.machine, command=self.command)


@dataclass(frozen=True, kw_only=True)
class Observation(Event):
    """Something seen and worth keeping: `text` is shown in full under `title`. `machine` may be empty."""

    machine: str
    title: Message
    text: Message | str

    @property
    def message(self) -> Message:
        return (
            said("{title}: {text}", title=self.title, text=self.text) if isinstance(self.text, Message) else self.title
        )


@dataclass(frozen=True, kw_only=True)
class Waiting(Event):
    """A wait goes on: `what` is waited for, `why` it is not there yet, `elapsed` in seconds.

    `pause` is for how many seconds from `at` on nothing is done before the next question.
    """

    what: Message
    why: Message
    elapsed: float
    pause: float

    @property
    def message(self) -> Message:
        return said("waiting for {what}: {why}, {elapsed:.0f} s", what=self.what, why=self.why, elapsed=self.elapsed)


@dataclass(frozen=True, kw_only=True)
class VerdictGiven(Event):
    """A scenario compared what it expected of the claims with what it observed."""

    claims: tuple[str, ...]
    expected: Message
    observed: Message
    outcome: Outcome

    @property
    def message(self) -> Message:
        return said("expected: {expected}; observed: {observed}", expected=self.expected, observed=self.observed)


@dataclass(frozen=True, kw_only=True)
class TrialObserved(Event):
    """What a scenario whose outcome may vary saw in this run: `factors` are what may have decided it, by name."""

    outcome: Message
    factors: Mapping[Message, Message]

    @property
    def message(self) -> Message:
        return self.outcome


Subscriber = Callable[[Event], None]
