"""The order in which parallel workers get the scenarios: so that all of them finish at about the same time."""

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def balanced(items: Sequence[T], workers: int, cost: Callable[[T], float]) -> list[T]:
    """Order items so that each worker begins with a cheap one and a dear one, and the cheapest come last.

    pytest-xdist hands every worker two consecutive items at first, since a worker has to know which item
    follows, and then a single one to whoever has only one left: so the next goes to the worker whose cheap one is
    done first, and not to one that still has two dear ones to do. Equal costs keep their order.
    """
    ranked = sorted(items, key=cost, reverse=True)
    first, rest = ranked[: 2 * workers], ranked[2 * workers :]
    order = []
    while first:
        order.append(first.pop())
        if first:
            order.append(first.pop(0))
    return order + rest
