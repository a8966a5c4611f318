"""The document's procedure for a swarm with auto-lock."""

from swarmdrill.base import trace
from swarmdrill.members.autolock import unlock, wait_locked
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.swarm.cluster import Cluster


class UnlockingProcedure(DocumentProcedure):
    """The document's procedure on a swarm that locks itself: every start is followed by unlocking every manager."""

    def __init__(self, with_key: str) -> None:
        self._key = with_key

    def start(self, cluster: Cluster) -> None:
        """Start all managers, and unlock them once they ask for it. Raises EngineRefused when one refuses the key."""
        super().start(cluster)
        with trace.step("unlock every manager"):
            wait_locked(cluster, cluster.managers)
            cluster.on_each(lambda machine: unlock(machine, self._key).or_raise(), cluster.managers)
