"""Find a fault by its name: those that come with swarmdrill, and those that other packages add."""

from collections.abc import Callable
from typing import cast

from swarmdrill.base import plugins
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.faults.interface import Fault

# What the fixture `faults` is: it gives the fault of a name, which can happen on the scenario's machines.
Faults = Callable[[str], Fault]


def names() -> list[str]:
    """The faults that there are, by name."""
    return sorted(plugins.found(plugins.FAULTS))


def named(name: str) -> Fault:
    """Make the fault of that name.

    Raises:
        UsageProblem: there is none, it cannot be imported, or it has no `name`, `available` and `inject`.
    """
    made = cast(type[Fault], plugins.load(plugins.FAULTS, name))()
    if not all(hasattr(made, each) for each in ("name", "available", "inject")):
        raise UsageProblem(
            said(
                "{group}: {name} is no fault: it needs name, available(cluster) and inject(cluster, victims)",
                group=plugins.FAULTS,
                name=name,
            )
        )
    return made
