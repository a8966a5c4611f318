"""A lab that this process holds: its lock, its machines, and the cluster on them, from the boot to the end."""

from contextlib import ExitStack
from dataclasses import dataclass

from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import said
from swarmdrill.base.settings import Settings
from swarmdrill.base.waiting import Clock
from swarmdrill.machines import removal
from swarmdrill.machines.lab import Lab
from swarmdrill.observe import diagnostics
from swarmdrill.swarm import boot as swarm_boot
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.reset import reset


@dataclass(frozen=True)
class Lease:
    """What a process holds until it ends or keeps it; `shape` is what the lab was booted for.

    A lab that is `borrowed` was there before, and stays.
    """

    lab: Lab
    shape: Settings
    cluster: Cluster
    borrowed: bool
    _clock: Clock
    _lock: ExitStack

    def reset(self) -> None:
        """Bring the cluster back to an empty swarm. Raises what shows that it cannot be."""
        reset(self.cluster)

    def end(self) -> None:
        """Take the lab down, or leave it to whoever lent it."""
        with self._lock:
            self.cluster.close()
            if not self.borrowed:
                removal.take_down(self.lab, self._clock)

    def keep(self) -> None:
        """Leave the lab running, for the user."""
        with self._lock:
            self.lab.keep()
            trace.observe(
                said("lab kept"),
                said(
                    "{directory}: ssh -F {config} manager1; `swarmdrill down` ends it",
                    directory=self.lab.directory,
                    config=self.lab.ssh_config,
                ),
            )
            self.cluster.close()


def boot(lab: Lab, shape: Settings, clock: Clock) -> Lease:
    """Boot a lab of that shape; one that does not come up is taken down. Raises UsageProblem or LabBroken."""
    lock = ExitStack()
    lock.enter_context(lab.lock())
    try:
        cluster = swarm_boot.boot(lab, shape, clock)
    except BaseException as problem:
        with lock:
            if isinstance(problem, LabBroken):
                diagnostics.show_boot(lab)
            removal.take_down(lab, clock)
        raise
    return Lease(lab, shape, cluster, False, clock, lock)


def borrow(lab: Lab, shape: Settings, clock: Clock) -> Lease:
    """Use a lab that is there, with an empty swarm. Raises UsageProblem or LabBroken, and leaves the lab as it is."""
    with ExitStack() as lock:
        lock.enter_context(lab.lock())
        cluster = Cluster.of(lab, clock)
        lease = Lease(lab, shape, cluster, True, clock, lock)
        try:
            lease.reset()
        except BaseException:
            cluster.close()
            raise
        return Lease(lab, shape, cluster, True, clock, lock.pop_all())
