"""The document's procedure for a swarm with auto-lock."""

from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.members.autolock import wait_locked
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.swarm.cluster import Cluster


class UnlockingProcedure(DocumentProcedure):
    """The document's procedure on a swarm that locks itself: every start is followed by unlocking every manager."""

    def __init__(self, with_key: str) -> None:
        self._key = with_key

    def start(self, cluster: Cluster) -> None:
        """Start all managers, and unlock them once they ask for it. Raises CommandFailed when one refuses the key."""
        super().start(cluster)
        with trace.step("unlock every manager"):
            wait_locked(cluster, cluster.managers)
            cluster.on_each(
                lambda machine: machine.run("docker swarm unlock", stdin=f"{self._key}\n", why=said("unlock")),
                cluster.managers,
            )
