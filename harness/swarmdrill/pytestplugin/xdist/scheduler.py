"""Assigns scenarios to parallel workers one by one; those of one shape go to one worker, so that few labs boot."""

from collections.abc import Callable, Iterable, Mapping

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScheduling
from xdist.workermanage import WorkerController

from swarmdrill.pytestplugin.xdist import units as xdist_units
from swarmdrill.pytestplugin.xdist.units import Expected


class UnitScheduling(LoadScheduling):
    """xdist's scheduler for `--dist=load`, which chooses the next item for each worker.

    Assign the worker's own unit first (`units.units`); then an unstarted unit; then the end of another worker's unit.
    The last two may need another lab: assign them only where they end earlier on this worker than on the others.

    A worker has two items, or is told that no more come: xdist 3.8 begins an item only when it knows the next one
    (remote.py). A node id that is not in `expected` has the usual shape and takes no time.
    """

    def __init__(
        self, config: pytest.Config, log: Producer, expected: Callable[[], Mapping[str, Expected]], boot: float
    ) -> None:
        """`expected` is asked when all workers have collected; `boot` is the seconds that a lab takes to boot."""
        super().__init__(config, log)
        self._ask = expected
        self._boot = boot
        self._expected: list[Expected] = []
        self._unit: dict[int, int] = {}  # by item, in the order of the plan
        self._owner: dict[int, WorkerController] = {}
        self._shape: dict[WorkerController, str] = {}

    def schedule(self) -> None:
        """Begin when all workers have collected the same, or go on when another has joined."""
        begins = self.collection is None
        super().schedule()
        if begins and self.collection:
            self._begin(self.collection)

    def _begin(self, collection: list[str]) -> None:
        known = self._ask()
        self._expected = [known.get(nodeid, Expected()) for nodeid in collection]
        units = xdist_units.units(self._expected, len(self.nodes), self._boot)
        self._unit = {index: number for number, unit in enumerate(units) for index in unit}
        self.pending[:] = self._unit
        for node in self.nodes:
            self._deal(node)
        # The worker with the longest item chooses last: its second item waits the longest.
        for node in reversed(self.nodes):
            self.check_schedule(node)

    def _send_tests(self, node: WorkerController, num: int) -> None:
        """Send nothing: xdist would send as many items to each worker, whatever they are."""

    def check_schedule(self, node: WorkerController, duration: float = 0) -> None:  # noqa: ARG002  (xdist names it)
        """Give the worker its next item, or tell it that there is none."""
        while not node.shutting_down and len(self.node2pending[node]) < 2:
            if not self._deal(node):
                node.shutdown()

    def remove_node(self, node: WorkerController) -> str | None:
        """Give the unit of a worker that ended to others. Returns the node id that it died of, or None."""
        self._owner = {unit: owner for unit, owner in self._owner.items() if owner is not node}
        return super().remove_node(node)

    def _deal(self, node: WorkerController) -> bool:
        """Send the worker its next item. Returns False where it should get none."""
        index = next((index for index in self._choices(node) if self._is_worth(node, index)), None)
        if index is None:
            return False
        self.pending.remove(index)
        self._owner.setdefault(self._unit[index], node)
        self._shape[node] = self._expected[index].shape
        self.node2pending[node].append(index)
        node.send_runtest_some([index])
        return True

    def _choices(self, node: WorkerController) -> list[int]:
        """The items that are left, in the order in which the worker should take them."""
        waiting = set(self.pending)
        left = [(index, self._owner.get(unit)) for index, unit in self._unit.items() if index in waiting]
        own = [index for index, owner in left if owner is node]
        unowned = [index for index, owner in left if owner is None]
        others = [index for index, owner in reversed(left) if owner not in (node, None)]
        return own + unowned + others

    def _is_worth(self, node: WorkerController, index: int) -> bool:
        """Whether the item ends earlier on this worker than where others do it on the labs that they have."""
        fits = self._shape.get(node) == self._expected[index].shape
        owner = self._owner.get(self._unit[index])
        if owner is node or (owner is None and (fits or node not in self._shape)):
            return True
        if not (others := self._otherwise(index)):
            return True
        left = [each for each in self.pending if self._otherwise(each) == others]
        # Each of the others is inside its first item; this worker begins its first one now.
        dealt = [each for other in others for each in self.node2pending[other][1:]]
        boot = 0.0 if fits else self._boot
        return self._seconds([*self.node2pending[node], index]) + boot < self._seconds(left + dealt) / len(others)

    def _otherwise(self, index: int) -> list[WorkerController]:
        """The workers that need no boot for the item: the owner of its unit, else those with a lab of its shape."""
        owner, shape = self._owner.get(self._unit[index]), self._expected[index].shape
        alike = [owner] if owner else [node for node in self.nodes if self._shape.get(node) == shape]
        return [node for node in alike if not node.shutting_down]

    def _seconds(self, indices: Iterable[int]) -> float:
        return sum(self._expected[index].seconds for index in indices)
