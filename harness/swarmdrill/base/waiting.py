"""Wait for a condition: done, not yet (and why), or never (and why); a time-out repeats the last why."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from swarmdrill.base import trace
from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.base.messages import Message, as_message, said

T = TypeVar("T")


@dataclass(frozen=True)
class Clock:
    """Scales every time-out of a run; `scale` is a factor, 1 for a machine of ordinary speed."""

    scale: float = 1.0

    def seconds(self, seconds: float) -> float:
        """`seconds` on this machine."""
        return seconds * self.scale


FIRST_INTERVAL = 0.05
LONGEST_INTERVAL = 0.5
_REAL_TIME = Clock()


@dataclass(frozen=True)
class Done(Generic[T]):
    """The condition holds; `value` is what the wait returns."""

    value: T


@dataclass(frozen=True)
class NotYet:
    """The condition does not hold yet; `why` is shown while waiting and when time runs out."""

    why: Message


@dataclass(frozen=True)
class Never:
    """The condition can never hold any more; waiting ends at once."""

    why: Message


Answer = Done[T] | NotYet | Never
Condition = Callable[[], Answer[T]]


def once(seen: Message, *, holds: bool) -> Answer[Message]:
    """Done with what was seen where it `holds`; else not yet, and why is the same."""
    return Done(seen) if holds else NotYet(seen)


def wait_until(
    what: Message,
    condition: Condition[T],
    *,
    timeout: float,
    clock: Clock = _REAL_TIME,
    last_words: Callable[[], str] = lambda: "",
) -> T:
    """Ask `condition` until it is done, and return its value.

    `timeout` is in seconds, which `clock` scales; nobody else does. `last_words` is called once if the wait
    fails, to add every machine's own view to the message. Raises ConditionNotMet when time runs out or the
    condition says never. The first questions come quickly, later ones every 0.5 s, so that a wait of seconds
    does not itself load the machines (the schedule is that of exponential backoff with a cap).
    """
    with trace.step("wait until {what}", what=as_message(what)):
        return _poll(what, condition, clock.seconds(timeout), last_words)


def stays(what: Message, condition: Condition[Message], *, seconds: float, clock: Clock = _REAL_TIME) -> Message:
    """Ask `condition` for as long as `seconds`; it has to be done each time. Return what it said last, and how long.

    `clock` scales the `seconds`. It is asked at the beginning, every 0.5 s, and once more when the time is over, so
    that what ends in between and comes back is not seen. Raises ConditionNotMet at the first other answer.
    """
    seconds = clock.seconds(seconds)
    with trace.step("{what}, for {seconds:g} s", what=as_message(what), seconds=seconds):
        started = time.monotonic()
        asked = 0
        while True:
            elapsed = time.monotonic() - started
            answer = condition()
            asked += 1
            if not isinstance(answer, Done):
                raise ConditionNotMet(
                    said(
                        "not any more: {what} after {elapsed:.1f} s; last seen: {why}",
                        what=what,
                        why=answer.why,
                        elapsed=elapsed,
                    )
                )
            if elapsed >= seconds:
                return said(
                    "{seen}; asked {times} times in {elapsed:.0f} s",
                    seen=as_message(answer.value),
                    times=asked,
                    elapsed=elapsed,
                )
            pause = min(LONGEST_INTERVAL, max(seconds - (time.monotonic() - started), 0))
            trace.waiting(what, answer.value, elapsed, pause)
            time.sleep(pause)


def reached(wait: Callable[[], Message]) -> tuple[bool, Message]:
    """Whether `wait`, which says what it saw, reaches what it waits for; what it saw, or why not."""
    try:
        return True, wait()
    except ConditionNotMet as problem:
        return False, said("{problem}", problem=problem)


def _poll(what: Message, condition: Condition[T], timeout: float, last_words: Callable[[], str]) -> T:
    started = time.monotonic()
    interval = FIRST_INTERVAL
    while True:
        answer = condition()
        elapsed = time.monotonic() - started
        if isinstance(answer, Done):
            return answer.value
        if isinstance(answer, Never):
            raise ConditionNotMet(
                said(
                    "{what} can no longer happen after {elapsed:.1f} s; last seen: {why}",
                    what=what,
                    why=answer.why,
                    elapsed=elapsed,
                ),
                last_words(),
            )
        if elapsed >= timeout:
            raise ConditionNotMet(
                said(
                    "timed out: {what} after {elapsed:.1f} s; last seen: {why}",
                    what=what,
                    why=answer.why,
                    elapsed=elapsed,
                ),
                last_words(),
            )
        pause = min(interval, timeout - elapsed)
        trace.waiting(what, answer.why, elapsed, pause)
        time.sleep(pause)
        interval = min(interval * 1.5, LONGEST_INTERVAL)
