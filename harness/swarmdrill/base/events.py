"""What can happen in a drill, as data: the events that subscribers get."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a step ended: `REFUSED` as was expected; `BROKEN` means the lab or the harness, never the claim."""

    OK = "ok"
    REFUSED = "refused"
    FAILED = "failed"
    BROKEN = "broken"


class Outcome(StrEnum):
    """What a scenario says of a claim."""

    HELD = "held"
    REFUTED = "refuted"
    VARIED = "varied"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened. `at` is seconds since the epoch, `step` the id of the step it belongs to (0: none)."""

    at: float
    step: int


@dataclass(frozen=True, kw_only=True)
class StepStarted(Event):
    """A step began; `id` names it, `step` is its parent. `phase` marks the steps the terminal shows as a line."""

    id: int
    title: str
    phase: bool


@dataclass(frozen=True, kw_only=True)
class StepFinished(Event):
    """A step ended after `duration` seconds; `error` is one line, empty when the status is ok."""

    id: int
    title: str
    phase: bool
    status: Status
    duration: float
    error: str


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
    why: str


@dataclass(frozen=True, kw_only=True)
class Observation(Event):
    """Something seen and worth keeping: `text` is shown in full under `title`. `machine` may be empty."""

    machine: str
    title: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Waiting(Event):
    """A wait goes on: `what` is waited for, `why` it is not there yet, `elapsed` in seconds.

    `pause` is for how many seconds from `at` on nothing is done before the next question.
    """

    what: str
    why: str
    elapsed: float
    pause: float


@dataclass(frozen=True, kw_only=True)
class VerdictGiven(Event):
    """A scenario compared what it expected of the claims with what it observed."""

    claims: tuple[str, ...]
    expected: str
    observed: str
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class TrialObserved(Event):
    """What a scenario whose outcome may vary saw in this run: `factors` are what may have decided it, by name."""

    outcome: str
    factors: Mapping[str, str]


Subscriber = Callable[[Event], None]
