"""Break a backup or a restore on purpose, the way it happens: what the detectors have to notice."""

from harness import trace
from harness.cluster import SWARM_DIR
from harness.machine import Machine
from harness.procedures.document import Backup, DocumentProcedure

# In units of 1024 bytes (ulimit(1)); a WAL segment is preallocated to 64,000,000 bytes.
HALF_A_SEGMENT = 31_250
_BALLAST = "swarmdrill-ballast"


class InterruptedCopy(DocumentProcedure):
    """On one machine the copy back is killed in the middle of the log, and nobody looks at its exit status."""

    def __init__(self, victim: Machine) -> None:
        self._victim = victim

    def copy_back(self, machine: Machine, backup: Backup) -> None:
        """Step 14; the victim's `cp` meets a file size limit, and SIGXFSZ ends it as a full disk would."""
        if machine is not self._victim:
            super().copy_back(machine, backup)
            return
        machine.run(
            f"(ulimit -f {HALF_A_SEGMENT}; cp -r {backup.directory} {SWARM_DIR})",
            why="a copy that is interrupted",
            check=False,
        )


class ForgottenMachine(DocumentProcedure):
    """One machine is forgotten: its old directory stays and nothing is copied."""

    def __init__(self, victim: Machine) -> None:
        self._victim = victim

    def delete(self, machine: Machine) -> None:
        """Step 13 on every machine but the victim."""
        if machine is not self._victim:
            super().delete(machine)

    def copy_back(self, machine: Machine, backup: Backup) -> None:
        """Step 14 on every machine but the victim."""
        if machine is not self._victim:
            super().copy_back(machine, backup)


def flip_byte(machine: Machine, state_directory: str) -> None:
    """Change one byte in the middle of the used part of the log in a state directory or a copy, as a bad disk would."""
    machine.run(
        f"wal=$(ls {state_directory}/raft/wal-v3-encrypted/*.wal | head -n 1) && "
        "byte=$(od -An -tu1 -j2048 -N1 $wal | tr -d ' ') && "
        'printf "\\\\$(printf %03o $((255 - byte)))" | dd of=$wal bs=1 seek=2048 conv=notrunc status=none',
        why="plant a flipped byte",
    )


def swap_backups(one: Machine, other: Machine, backup: Backup) -> None:
    """Exchange the backups of two machines, as an unlabelled tape would."""
    with trace.step(f"exchange the backups of {one.name} and {other.name}"):
        aside = f"{backup.directory}.aside"
        other.run(f"cp -r {backup.directory} {aside}")
        one.send(backup.directory, other)
        other.send(aside, one)
        one.run(f"rm -r {backup.directory} && mv {aside} {backup.directory}")
        other.run(f"rm -r {aside}")


class FullDisk(DocumentProcedure):
    """On one machine the disk fills up between the stop of the engine and the copy.

    Not before the stop: an engine that ends frees the segment of 64 MB that it had preallocated (`0.tmp` in the log's
    directory), and the copy, which is without it, would fit into that.
    """

    def __init__(self, victim: Machine, *, leaving: int) -> None:
        self._victim = victim
        self._leaving = leaving

    def copy_away(self, machine: Machine) -> None:
        """Step 8; the victim has only `leaving` megabytes left for it."""
        if machine is self._victim:
            fill_disk(machine, "/var/lib/docker", leaving=self._leaving)
        super().copy_away(machine)


def fill_disk(machine: Machine, directory: str, *, leaving: int) -> None:
    """Take all free space of the file system of `directory` but `leaving` megabytes; `free_disk` gives it back.

    What is reserved for root counts as free, since it is root who writes there (statfs(2): f_bfree, not f_bavail).
    """
    machine.run(
        f"set -- $(stat --file-system --format '%f %S' {directory}) && "
        f"fallocate --length $(($1 * $2 / 1048576 - {leaving}))M {directory}/{_BALLAST}",
        why=f"fill the disk but for {leaving} MB",
    )


def free_disk(machine: Machine, directory: str) -> None:
    """Give back what `fill_disk` took."""
    machine.run(f"rm {directory}/{_BALLAST}", why="make room again")


def truncate_log(machine: Machine, state_directory: str) -> None:
    """Cut the last log segment off in the middle of what it holds, as a full disk leaves it."""
    machine.run(
        f"wal=$(ls {state_directory}/raft/wal-v3-encrypted/*.wal | tail -n 1) && truncate --size 4097 $wal",
        why="plant a log that is cut off",
    )
