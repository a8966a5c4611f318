"""The order in which parallel workers get the scenarios: so that all of them finish at about the same time."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def balanced(items: Sequence[T], workers: int, cost: Callable[[T], float]) -> list[T]:
    """Order items so that handing them out one by one ends early: the dearest first, each with a cheap one behind it.

    A worker of pytest-xdist has to know which item follows before it begins one (xdist 3.8, remote.py), so with
    `--maxschedchunk=1` it gets two consecutive items at first, and another whenever it begins the last one it has
    (scheduler/load.py). So the first pairs are a dear and a cheap one, equal in sum, and of the rest the cheapest come
    last. With fewer than two items for each worker xdist deals them in turn, and those with the cheapest get a second.
    Equal costs keep their order, so that every worker computes the same.
    """
    ranked = sorted(items, key=cost, reverse=True)
    if len(ranked) < 2 * workers:
        return ranked[:workers][::-1] + ranked[workers:]
    first, rest = ranked[: 2 * workers], ranked[2 * workers :]
    pairs = zip(first[:workers], reversed(first[workers:]), strict=True)
    return [item for pair in pairs for item in pair] + rest
