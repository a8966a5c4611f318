"""Break a backup or a restore on purpose, the way it happens: what the detectors have to notice."""

from collections.abc import Sequence
from dataclasses import dataclass

from swarmdrill.base.messages import said
from swarmdrill.faults.interface import Anywhere
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine

_BALLAST = "swarmdrill-ballast"


def fill_disk(machine: Machine, directory: str, *, leaving: int) -> None:
    """Take all free space of the file system of `directory` but `leaving` megabytes; `free_disk` gives it back.

    What is reserved for root counts as free, since it is root who writes there (statfs(2): f_bfree, not f_bavail).
    """
    machine.run(
        f"set -- $(stat --file-system --format '%f %S' {directory}) && "
        f"fallocate --length $(($1 * $2 / 1048576 - {leaving}))M {directory}/{_BALLAST}",
        why=said("fill the disk but for {leaving} MB", leaving=leaving),
    )


def free_disk(machine: Machine, directory: str) -> None:
    """Give back what `fill_disk` took."""
    machine.run(f"rm {directory}/{_BALLAST}", why=said("make room again"))


@dataclass(frozen=True)
class DiskFull(Anywhere):
    """The disk of `directory` is full but for `leaving` megabytes; `free_disk` gives them back."""

    directory: str = "/var/lib/docker"
    leaving: int = 1
    name: str = "disk-full"

    def inject(self, cluster: Cluster, victims: Sequence[Machine]) -> None:
        cluster.on_each(lambda machine: fill_disk(machine, self.directory, leaving=self.leaving), victims)
