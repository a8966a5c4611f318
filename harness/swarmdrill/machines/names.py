"""A provider's own client program: one call with a time-out, and its failure as the harness's."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
# What the name of everything begins with that a provider has of a lab.
PREFIX = "swarmdrill-"


def full_name(lab: str, machine: str) -> str:
    """What the provider calls the machine."""
    return f"{PREFIX}{lab}-{machine}"


def for_each(lab: str, machines: Sequence[str], action: Callable[[str], T]) -> list[T]:
    """Do `action` for all machines of the lab at the same time, by their full names; the first error is raised."""
    with ThreadPoolExecutor(max(len(machines), 1)) as pool:
        return list(pool.map(action, [full_name(lab, machine) for machine in machines]))
