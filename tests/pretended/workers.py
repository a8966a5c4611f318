"""A drill in pretended time: the scheduler that is tested, and workers that boot a lab when they need another."""

import heapq
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from xdist.remote import Producer
from xdist.scheduler import LoadScheduling

from swarmdrill.pytestplugin.xdist.scheduler import UnitScheduling
from swarmdrill.pytestplugin.xdist.units import Expected


@dataclass(eq=False)
class PretendedWorker:
    """Like xdist's own (remote.py), it begins an item only when it knows which follows, or that none does."""

    gateway: Any
    shutting_down: bool = False
    queue: deque[int | None] = field(default_factory=deque)
    ran: list[int] = field(default_factory=list)
    booted: list[str] = field(default_factory=list)

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        self.queue.extend(indices)

    def shutdown(self) -> None:
        if not self.shutting_down:
            self.shutting_down = True
            self.queue.append(None)

    def begin(self, items: Sequence[Expected], boot: float) -> float | None:
        """The seconds until the next item has ended; None where it cannot begin."""
        if len(self.queue) < 2 or self.queue[0] is None:
            return None
        self.ran.append(self.queue.popleft())  # type: ignore[arg-type]
        item = items[self.ran[-1]]
        if self.booted[-1:] == [item.shape] or not item.seconds:  # what is skipped needs no lab
            return item.seconds
        self.booted.append(item.shape)
        return boot + item.seconds


@dataclass
class Drilled:
    """When the last worker ended, what each of them did, and what was reported as having died."""

    seconds: float
    workers: list[PretendedWorker]
    died: list[str]

    @property
    def labs(self) -> int:
        return sum(len(worker.booted) for worker in self.workers)


def by_count(workers: int, chunk: int | None = 1) -> LoadScheduling:
    """What xdist deals by itself."""
    return LoadScheduling(_config(workers, chunk), Producer("", enabled=False))


def by_unit(workers: int, expected: Mapping[str, Expected], boot: float) -> UnitScheduling:
    """What is dealt in a drill."""
    return UnitScheduling(_config(workers, None), Producer("", enabled=False), lambda: expected, boot)


def _config(workers: int, chunk: int | None) -> Any:
    options = {"maxschedchunk": chunk, "tx": ["popen"] * workers, "px": []}
    return SimpleNamespace(getoption=options.__getitem__, getvalue=options.__getitem__, hook=None)


def named(items: Sequence[Expected]) -> dict[str, Expected]:
    """The items by node id."""
    return {str(number): item for number, item in enumerate(items)}


def drilled(
    scheduler: LoadScheduling, items: Sequence[Expected], boot: float = 0, deadly: Collection[int] = ()
) -> Drilled:
    """Let the workers do the items, which take as long as expected. In the midst of a `deadly` one its worker dies."""
    workers: list[PretendedWorker] = []
    ends: list[tuple[float, int]] = []
    died: list[str] = []
    now = 0.0

    def join() -> PretendedWorker:
        workers.append(worker := PretendedWorker(SimpleNamespace(id=f"gw{len(workers)}")))
        scheduler.add_node(worker)
        return worker

    for worker in [join() for _ in range(scheduler.numnodes)]:
        scheduler.add_node_collection(worker, [*named(items)])
    scheduler.schedule()
    idle = set(range(len(workers)))
    while True:
        for number in sorted(idle):
            if (seconds := workers[number].begin(items, boot)) is not None:
                heapq.heappush(ends, (now + seconds, number))
                idle.remove(number)
        if not ends:
            assert sorted(index for worker in workers for index in worker.ran) == [*range(len(items))]
            assert scheduler.tests_finished
            return Drilled(now, workers, died)
        now, number = heapq.heappop(ends)
        worker = workers[number]
        if worker.ran[-1] in deadly:
            died.append(scheduler.remove_node(worker))
            scheduler.add_node_collection(join(), [*named(items)])
            scheduler.schedule()
            idle.add(len(workers) - 1)
        else:
            scheduler.mark_test_complete(worker, worker.ran[-1], items[worker.ran[-1]].seconds)
            idle.add(number)
