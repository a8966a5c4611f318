"""Which scenarios one parallel worker should get: those that need the same lab, no more than its share of the time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Expected:
    """What is expected of a scenario.

    `shape` is the shape of its lab, "" for the one that the run was asked for. `seconds` are the scenario's own,
    without the boot of a lab.
    """

    shape: str = ""
    seconds: float = 0.0


@dataclass
class Unit:
    """Scenarios for one worker: their indices by shape, and the seconds that they take with the boots of their labs."""

    seconds: float = 0.0
    shapes: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def with_it(self, expected: Expected, boot: float) -> float:
        """The seconds that it would take with one more scenario."""
        return self.seconds + expected.seconds + (0 if expected.shape in self.shapes else boot)


def units(expected: Sequence[Expected], workers: int, boot: float) -> list[list[int]]:
    """Put the indices of `expected` into units, in the order in which `workers` should begin them.

    Units of scenarios of other shapes come first, then one unit for each scenario of the usual shape; in both groups
    the longest comes first. There are as few units of other shapes as possible. None is longer than one worker's share
    of all seconds, or than the longest scenario, and one boot of a lab (`boot` seconds). Several shapes share a unit
    where they fit: a worker that has finished its unit boots one more lab, of the usual shape, whatever the unit had.
    """
    usual = [index for index, each in enumerate(expected) if not each.shape]
    shaped = [index for index, each in enumerate(expected) if each.shape]
    in_sum: defaultdict[str, float] = defaultdict(float)
    for index in shaped:
        in_sum[expected[index].shape] += expected[index].seconds
    seconds = [each.seconds for each in expected]
    share = boot + max(sum(seconds) / max(workers, 1), max(seconds, default=0))
    made: list[Unit] = []
    for index in sorted(shaped, key=lambda i: (-in_sum[expected[i].shape], expected[i].shape, -expected[i].seconds)):
        each = expected[index]
        fitting = [unit for unit in made if unit.with_it(each, boot) <= share]
        unit = max(fitting, key=lambda unit: each.shape in unit.shapes, default=None)
        if unit is None:
            made.append(unit := Unit())
        unit.seconds = unit.with_it(each, boot)
        unit.shapes[each.shape].append(index)
    made.sort(key=lambda unit: -unit.seconds)
    together = [[index for indices in unit.shapes.values() for index in indices] for unit in made]
    return together + [[index] for index in sorted(usual, key=lambda i: -expected[i].seconds)]
