"""One stream of events: every step, command, observation, wait, verdict and trial; whoever reports, subscribes."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from swarmdrill.base.events import (
    CommandFinished,
    Event,
    Observation,
    Outcome,
    StepFinished,
    StepStarted,
    StepStatus,
    Subscriber,
    TrialObserved,
    VerdictGiven,
    Waiting,
)
from swarmdrill.base.messages import UNSAID, Argument, Message, as_message, first_line_of, said
from swarmdrill.base.redaction import redact


@dataclass
class Trace:
    """Hands each event to every subscriber, one at a time, in the order of emission."""

    _subscribers: list[Subscriber] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _ids: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Add a subscriber; the function that is returned takes it away again."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def emit(self, event: Event) -> None:
        """Deliver `event`. A subscriber that raises is a harness error and is not hidden."""
        with self._lock:
            for subscriber in tuple(self._subscribers):
                subscriber(event)

    def next_id(self) -> int:
        """A step id, unique within the process."""
        with self._lock:
            return next(self._ids)


TRACE = Trace()
_current_step: ContextVar[int] = ContextVar("swarmdrill_step", default=0)
_refusal: ContextVar[tuple[type[Exception], ...]] = ContextVar("swarmdrill_refusal", default=())


def status_of(error: BaseException) -> StepStatus:
    """What is expected was refused; another assertion is a failed claim; everything else is a broken lab or harness."""
    if isinstance(error, _refusal.get()):
        return StepStatus.REFUSED
    return StepStatus.FAILED if isinstance(error, AssertionError) else StepStatus.BROKEN


def step(title: str, /, **args: Argument) -> AbstractContextManager[None]:
    """Everything that happens inside belongs to this step; it ends with the block, whatever happens.

    `title` and `args` are as with `messages.said`: a literal with placeholders. Threads inherit the step when they are
    started with a copy of the context (`cluster.on_each` does).
    """
    return step_of(said(title, **args))


def phase(title: str, /, **args: Argument) -> AbstractContextManager[None]:
    """A step that the terminal shows as a line of its own."""
    return step_of(said(title, **args), phase=True)


@contextmanager
def step_of(title: Message, *, phase: bool = False) -> Iterator[None]:
    """A step, or with `phase` a phase, whose title was made before."""
    title = as_message(title).redacted()
    parent, id_ = _current_step.get(), TRACE.next_id()
    started = time.time()
    TRACE.emit(StepStarted(at=started, step=parent, id=id_, title=title, phase=phase))
    token = _current_step.set(id_)
    status, error = StepStatus.OK, UNSAID
    try:
        yield
    except BaseException as problem:
        status, error = status_of(problem), first_line_of(problem).redacted()
        raise
    finally:
        _current_step.reset(token)
        now = time.time()
        TRACE.emit(
            StepFinished(
                at=now,
                step=parent,
                id=id_,
                title=title,
                phase=phase,
                status=status,
                duration=now - started,
                error=error,
            )
        )


@contextmanager
def refusal_of(kind: type[Exception]) -> Iterator[None]:
    """Steps inside that end with an error of this kind were refused, as expected; `outcome.refused` demands it."""
    token = _refusal.set((kind,))
    try:
        yield
    finally:
        _refusal.reset(token)


def first_line(problem: BaseException) -> str:
    """The first line of an exception's message, or its type where it has none."""
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]


def command_finished(
    machine: str,
    command: str,
    *,
    exit_status: int | None,
    stdout: str,
    stderr: str,
    duration: float,
    why: Message = UNSAID,
    at: float | None = None,
) -> None:
    """Emit a command with its result, redacted. `duration` in seconds; `exit_status` None: no status came back.

    `at` is when it finished, in seconds since the epoch, where that was not just now.
    """
    TRACE.emit(
        CommandFinished(
            at=time.time() if at is None else at,
            step=_current_step.get(),
            machine=machine,
            command=redact(command),
            exit_status=exit_status,
            stdout=redact(stdout),
            stderr=redact(stderr),
            duration=duration,
            why=as_message(why).redacted(),
        )
    )


def observe(title: Message, text: Message | str, *, machine: str = "") -> None:
    """Keep `text` as evidence under the current step, redacted: others' words, or a Message."""
    TRACE.emit(
        Observation(
            at=time.time(),
            step=_current_step.get(),
            machine=machine,
            title=as_message(title).redacted(),
            text=text.redacted() if isinstance(text, Message) else redact(text),
        )
    )


def waiting(what: Message, why: Message, elapsed: float, pause: float = 0.0) -> None:
    """Say that a wait goes on, and why; `elapsed` in seconds, as is the `pause` that follows."""
    TRACE.emit(
        Waiting(
            at=time.time(),
            step=_current_step.get(),
            what=as_message(what).redacted(),
            why=as_message(why).redacted(),
            elapsed=elapsed,
            pause=pause,
        )
    )


def verdict(claims: tuple[str, ...], *, expected: Message, observed: Message, outcome: Outcome) -> None:
    """State what the scenario found about the claims."""
    TRACE.emit(
        VerdictGiven(
            at=time.time(),
            step=_current_step.get(),
            claims=claims,
            expected=as_message(expected).redacted(),
            observed=as_message(observed).redacted(),
            outcome=outcome,
        )
    )


def trial(outcome: Message, factors: Mapping[Message, Argument] | None = None) -> None:
    """Say what this run saw, in a scenario whose outcome may vary from run to run; the last one said counts.

    `outcome` is a few words that are the same whenever the same happened ("old state"): trials are counted by them.
    `factors` are what may have decided it, by name ("first candidate": "manager2 (old log)"): each is set against the
    outcomes, to see what distinguishes the cases. Say it before the verdict, which may end the scenario.
    """
    deciding = {
        as_message(name).redacted(): said("{value}", value=value).redacted() for name, value in (factors or {}).items()
    }
    seen = as_message(outcome).redacted()
    TRACE.emit(TrialObserved(at=time.time(), step=_current_step.get(), outcome=seen, factors=deciding))
