"""Wait for a condition: done, not yet (and why), or never (and why); a time-out repeats the last why."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from swarmdrill.base import trace
from swarmdrill.base.errors import ConditionNotMet

T = TypeVar("T")

FIRST_INTERVAL = 0.05
LONGEST_INTERVAL = 0.5


@dataclass(frozen=True)
class Done(Generic[T]):
    """The condition holds; `value` is what the wait returns."""

    value: T


@dataclass(frozen=True)
class NotYet:
    """The condition does not hold yet; `why` is shown while waiting and when time runs out."""

    why: str


@dataclass(frozen=True)
class Never:
    """The condition can never hold any more; waiting ends at once."""

    why: str


Answer = Done[T] | NotYet | Never
Condition = Callable[[], Answer[T]]


def wait_until(
    what: str,
    condition: Condition[T],
    *,
    timeout: float,
    last_words: Callable[[], str] = lambda: "",
) -> T:
    """Ask `condition` until it is done, and return its value.

    `timeout` is in seconds and already scaled. `last_words` is called once if the wait fails, to add
    every machine's own view to the message. Raises ConditionNotMet when time runs out or the condition
    says never. The first questions come quickly, later ones every 0.5 s, so that a wait of seconds
    does not itself load the machines (the schedule is that of exponential backoff with a cap).
    """
    with trace.step(f"wait until {what}"):
        return _poll(what, condition, timeout, last_words)


def stays(what: str, condition: Condition[str], *, seconds: float) -> str:
    """Ask `condition` for as long as `seconds`; it has to be done each time. Return what it said last, and how long.

    `seconds` are already scaled. It is asked at the beginning, every 0.5 s, and once more when the time is over, so
    that what ends in between and comes back is not seen. Raises ConditionNotMet at the first other answer.
    """
    with trace.step(f"{what}, for {seconds:g} s"):
        started = time.monotonic()
        asked = 0
        while True:
            elapsed = time.monotonic() - started
            answer = condition()
            asked += 1
            if not isinstance(answer, Done):
                raise ConditionNotMet(_message(f"not any more: {what}", answer.why, elapsed, ""))
            if elapsed >= seconds:
                return f"{answer.value}; asked {asked} times in {elapsed:.0f} s"
            pause = min(LONGEST_INTERVAL, max(seconds - (time.monotonic() - started), 0))
            trace.waiting(what, answer.value, elapsed, pause)
            time.sleep(pause)


def reached(wait: Callable[[], str]) -> tuple[bool, str]:
    """Whether `wait`, which says what it saw, reaches what it waits for; what it saw, or why not."""
    try:
        return True, wait()
    except ConditionNotMet as problem:
        return False, str(problem)


def _poll(what: str, condition: Condition[T], timeout: float, last_words: Callable[[], str]) -> T:
    started = time.monotonic()
    interval = FIRST_INTERVAL
    while True:
        answer = condition()
        elapsed = time.monotonic() - started
        if isinstance(answer, Done):
            return answer.value
        if isinstance(answer, Never):
            raise ConditionNotMet(_message(f"{what} can no longer happen", answer.why, elapsed, last_words()))
        if elapsed >= timeout:
            raise ConditionNotMet(_message(f"timed out: {what}", answer.why, elapsed, last_words()))
        pause = min(interval, timeout - elapsed)
        trace.waiting(what, answer.why, elapsed, pause)
        time.sleep(pause)
        interval = min(interval * 1.5, LONGEST_INTERVAL)


def _message(what: str, why: str, elapsed: float, last_words: str) -> str:
    text = f"{what} after {elapsed:.1f} s; last seen: {why}"
    return f"{text}\n{last_words}" if last_words else text
