"""What installed packages add to this one, by entry points: procedures, providers of machines, faults.

A package adds a procedure with, in its `pyproject.toml`:

    [project.entry-points."swarmdrill.procedures"]
    nightly = "our_backups.drill:Nightly"
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said

PROCEDURES, PROVIDERS, FAULTS = "swarmdrill.procedures", "swarmdrill.providers", "swarmdrill.faults"


def found(group: str) -> Mapping[str, EntryPoint]:
    """The entry points of a group by name; nothing is imported.

    Raises:
        UsageProblem: two packages add the same name, which names both.
    """
    by_name: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = by_name.setdefault(point.name, point)
        if other.value != point.value:
            raise UsageProblem(
                said(
                    "{group}: {name} is both {one} and {other}: uninstall one of the two packages",
                    group=group,
                    name=point.name,
                    one=other.value,
                    other=point.value,
                )
            )
    return by_name


def load(group: str, name: str) -> object:
    """Import what has that name in the group.

    Raises:
        UsageProblem: there is none, which says which there are, or it cannot be imported, which says why.
    """
    points = found(group)
    if name not in points:
        raise UsageProblem(
            said("{group}: there is no {name}; there are {names:,}", group=group, name=name, names=sorted(points))
        )
    try:
        return points[name].load()
    except (ImportError, AttributeError) as problem:
        raise UsageProblem(
            said(
                "{group}: {name} cannot be loaded from {value}: {problem}",
                group=group,
                name=name,
                value=points[name].value,
                problem=str(problem),
            )
        ) from problem
