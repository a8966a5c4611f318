"""The order of parallel scenarios, against what pytest-xdist makes of it."""

import heapq

import pytest

from harness.schedule import balanced


def makespan(items: list[float], workers: int) -> float:
    """When the last worker ends: two items each at first, then one to whoever has only one left."""
    queues = [items[2 * number : 2 * number + 2] for number in range(workers)]
    rest = items[2 * workers :]
    ends = [sum(queue) for queue in queues]
    asking = [(queue[0], number) for number, queue in enumerate(queues) if len(queue) > 1]
    heapq.heapify(asking)
    last = [queue[-1] if queue else 0 for queue in queues]
    for item in rest:
        _, number = heapq.heappop(asking)
        heapq.heappush(asking, (ends[number], number))
        ends[number] += item
        last[number] = item
    return max(ends)


def test_the_dear_ones_are_spread_and_the_cheapest_come_last() -> None:
    """Costs of the nine scenarios, in restarts."""
    items = [1, 1, 1, 1, 2, 3, 3, 3, 2]
    order = balanced(items, 4, float)
    assert sorted(order) == sorted(items)
    assert makespan([*map(float, order)], 4) == 5
    assert makespan([*map(float, items)], 4) == 6, "as they come it takes longer"


@pytest.mark.parametrize("workers", [1, 2, 4, 8])
def test_every_item_is_there_once(workers: int) -> None:
    items = list(range(11))
    assert sorted(balanced(items, workers, lambda item: item % 3)) == items


def test_equal_costs_keep_their_order_in_the_rest() -> None:
    assert balanced([*"abcdefgh"], 2, lambda _: 1)[4:] == [*"efgh"]
