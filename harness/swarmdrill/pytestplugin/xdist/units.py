"""Which scenarios one parallel worker should get: those that need the same lab, no more than its share of the time."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Expected:
    """What a scenario will probably be: the shape of its lab, "" for the one that the run was asked for, and seconds.

    The seconds are the scenario's own, without the boot of a lab.
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

    Scenarios of the usual shape are units of their own, the longest first. Before them come those of other shapes, the
    longest units first: as few as hold them all, where no unit is longer than what the scenarios take in sum, shared
    among the workers, or than the longest of them. Booting a lab takes `boot` seconds. Scenarios of several shapes
    share a unit where they fit, because a worker that is done with them needs one more lab, of the usual shape.
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
