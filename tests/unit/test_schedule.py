"""The order of parallel scenarios, dealt by the scheduler of pytest-xdist that is installed, in pretended time."""

import heapq
import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScheduling

from harness.schedule import balanced


@dataclass(eq=False)
class PretendedWorker:
    """Like xdist's own (remote.py), it begins an item only when it knows which follows, or that none does."""

    gateway: Any
    shutting_down: bool = False
    queue: deque[int | None] = field(default_factory=deque)

    def send_runtest_some(self, indices: Sequence[int]) -> None:
        self.queue.extend(indices)

    def shutdown(self) -> None:
        if not self.shutting_down:
            self.shutting_down = True
            self.queue.append(None)

    def can_begin(self) -> bool:
        return len(self.queue) > 1 and self.queue[0] is not None


def dealt(costs: Sequence[float], workers: int, chunk: int | None = 1) -> float:
    """When the last worker ends, if the items take that long and come in this order."""
    options = {"maxschedchunk": chunk, "tx": ["popen"] * workers, "px": []}
    config = SimpleNamespace(getoption=options.__getitem__, getvalue=options.__getitem__, hook=None)
    scheduler = LoadScheduling(config, Producer("", enabled=False))  # type: ignore[arg-type]
    everyone = [PretendedWorker(SimpleNamespace(id=f"gw{number}")) for number in range(workers)]
    for worker in everyone:
        scheduler.add_node(worker)  # type: ignore[arg-type]
    for worker in everyone:
        scheduler.add_node_collection(worker, [str(number) for number in range(len(costs))])  # type: ignore[arg-type]
    scheduler.schedule()
    now, ends, idle, done = 0.0, [], dict(enumerate(everyone)), 0
    while True:
        for number, worker in [*idle.items()]:
            if worker.can_begin():
                item = worker.queue.popleft()
                assert item is not None
                heapq.heappush(ends, (now + costs[item], number, item))
                del idle[number]
        if not ends:
            assert done == len(costs)
            return now
        now, number, item = heapq.heappop(ends)
        done += 1
        idle[number] = everyone[number]
        scheduler.mark_test_complete(everyone[number], item, costs[item])  # type: ignore[arg-type]


def ideal(costs: Sequence[float], workers: int) -> float:
    """The longest processing time first, each to whoever is free, which no worker has to know ahead."""
    ends = [0.0] * workers
    for cost in sorted(costs, reverse=True):
        heapq.heapreplace(ends, ends[0] + cost)
    return max(ends)


def suites(number: int, *, seed: int = 1) -> list[list[float]]:
    """Many sets of scenarios of very different length, 15 to 150 s."""
    dice = random.Random(seed)
    return [
        [15 + 20 * dice.choice([0, 0, 1, 1, 2, 2, 3, 6]) + dice.uniform(0, 15) for _ in range(number)]
        for _ in range(60)
    ]


def mean_against_ideal(number: int, workers: int, chunk: int | None = 1, *, ordered: bool = True) -> float:
    ratios = [
        dealt(balanced(costs, workers, float) if ordered else costs, workers, chunk) / ideal(costs, workers)
        for costs in suites(number)
    ]
    return sum(ratios) / len(ratios)


@pytest.mark.parametrize("workers", [2, 4, 6, 8])
@pytest.mark.parametrize("number", [60, 80])
def test_many_scenarios_end_nearly_as_early_as_they_can(number: int, workers: int) -> None:
    assert mean_against_ideal(number, workers) < 1.02


@pytest.mark.parametrize(("number", "workers", "limit"), [(9, 4, 1.12), (9, 6, 1.001), (12, 8, 1.001), (20, 6, 1.08)])
def test_few_scenarios_too(number: int, workers: int, limit: float) -> None:
    assert mean_against_ideal(number, workers) < limit


def test_the_order_of_the_files_is_worse() -> None:
    """Else nothing here would show anything."""
    assert mean_against_ideal(70, 8, ordered=False) > 1.08


def test_a_few_very_long_ones_have_to_be_dealt_one_by_one() -> None:
    """By itself xdist gives each worker a quarter of its share at once: the first would get three of the four."""
    costs = balanced([400.0] * 4 + [5.0] * 76, 4, float)
    assert dealt(costs, 4, chunk=None) > 1200
    assert dealt(costs, 4) == pytest.approx(sum(costs) / 4, rel=0.02)


def test_the_installed_scheduler_gives_a_worker_no_more_than_one_item_ahead() -> None:
    """As `balanced` takes for granted: of three long items the one that comes third waits for nobody's second."""
    assert dealt([10, 1, 10, 1, 10], 2) == 21
    assert dealt([1, 10, 10, 1, 10], 2) == 21


@pytest.mark.parametrize("workers", [1, 2, 4, 8, 20])
@pytest.mark.parametrize("number", [0, 1, 7, 8, 16, 17, 40])
def test_every_item_is_there_once(number: int, workers: int) -> None:
    items = list(range(number))
    assert sorted(balanced(items, workers, lambda item: item % 3)) == items


def test_every_worker_comes_to_the_same_order() -> None:
    names = [f"test_{number}" for number in range(30)]
    orders = [balanced(list(names), 4, len) for _ in range(2)]
    assert orders[0] == orders[1]


def test_equal_costs_keep_their_order_in_the_rest() -> None:
    assert balanced([*"abcdefgh"], 2, lambda _: 1)[4:] == [*"efgh"]
