"""Break a backup or a restore on purpose, the way it happens: what the detectors have to notice."""

from swarmdrill.base.messages import said
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
