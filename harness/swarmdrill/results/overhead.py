"""How much of a scenario's time is Docker's, and how much this harness adds.

Docker's are the intervals in which a command runs on a machine or against its engine, and the pauses between the
questions of a wait; where they overlap, as when all managers are stopped at once, a second counts once. The rest is the
harness's own: Python between two commands, events written, reports attached. What is measured is not quite that:

- The last pause of a wait counts as the harness's, although what was waited for happened somewhere in it: it was
  noticed late by at most 0.5 s (`swarmdrill.base.waiting.LONGEST_INTERVAL`).
- Commands that only look count as Docker's, such as hashes of a copy and every manager's view. A person would have to
  look as well, perhaps at less. A command's time has the connection's in it, some 5 ms (docs/performance.md).
"""

from collections.abc import Iterable

from swarmdrill.base.events import CommandFinished, Event, StepFinished, Waiting

Interval = tuple[float, float]


class Waited:
    """Subscriber that keeps the intervals that are Docker's, in seconds since the epoch."""

    def __init__(self) -> None:
        self._intervals: list[Interval] = []
        # The newest pause of each wait, by its step: counted when another question follows.
        self._pauses: dict[int, Interval] = {}

    def __call__(self, event: Event) -> None:
        match event:
            case CommandFinished():
                self._intervals.append((event.at - event.duration, event.at))
            case Waiting():
                if event.step in self._pauses:
                    self._intervals.append(self._pauses[event.step])
                self._pauses[event.step] = (event.at, event.at + event.pause)
            case StepFinished():
                self._pauses.pop(event.id, None)

    def take(self, start: float, stop: float) -> float:
        """How many seconds from `start` to `stop` were Docker's; what was kept until then is forgotten."""
        intervals, self._intervals = self._intervals, []
        return covered(intervals, start, stop)


def covered(intervals: Iterable[Interval], start: float, stop: float) -> float:
    """How many seconds from `start` to `stop` are in at least one of the intervals."""
    seconds, reached = 0.0, start
    for began, ended in sorted(intervals):
        begin, end = max(began, reached), min(ended, stop)
        if end > begin:
            seconds += end - begin
            reached = end
    return seconds
