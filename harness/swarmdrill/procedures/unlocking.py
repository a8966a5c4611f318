"""Steps for a swarm with auto-lock: what starts asks for the key."""

from swarmdrill.base import trace
from swarmdrill.members.autolock import unlock, wait_locked
from swarmdrill.procedures.steps import Steps, StepsAround
from swarmdrill.swarm.cluster import Cluster


class Unlocking(StepsAround):
    """Every start is followed by unlocking every manager with `key`, as text (`SWMKEY-1-...`)."""

    def __init__(self, inner: Steps, key: str) -> None:
        super().__init__(inner)
        self._key = key

    def start(self, cluster: Cluster) -> None:
        """Start all managers, and unlock them once they ask for it. Raises EngineRefused when one refuses the key."""
        self.inner.start(cluster)
        with trace.step("unlock every manager"):
            wait_locked(cluster, cluster.managers)
            cluster.on_each(lambda machine: unlock(machine, self._key).or_raise(), cluster.managers)
