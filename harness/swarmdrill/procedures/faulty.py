"""The document's procedure with a mistake in it: what the detectors have to notice."""

from swarmdrill.backup.backup import Backup
from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.base.messages import said
from swarmdrill.faults.disks import fill_disk
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.swarm.machine import Machine

# In units of 1024 bytes (ulimit(1)); a WAL segment is preallocated to 64,000,000 bytes.
HALF_A_SEGMENT = 31_250


class InterruptedCopy(DocumentProcedure):
    """On one machine the copy back is killed in the middle of the log, and nobody looks at its exit status."""

    def __init__(self, victim: Machine) -> None:
        self._victim = victim

    def copy_back(self, machine: Machine, backup: Backup) -> None:
        """Step 14; the victim's `cp` meets a file size limit, and SIGXFSZ ends it as a full disk would."""
        if machine != self._victim:
            super().copy_back(machine, backup)
            return
        machine.run(
            f"(ulimit -f {HALF_A_SEGMENT}; cp -r {backup.directory} {SWARM_DIR})",
            why=said("a copy that is interrupted"),
            check=False,
        )


class ForgottenMachine(DocumentProcedure):
    """One machine is forgotten: its old directory stays and nothing is copied."""

    def __init__(self, victim: Machine) -> None:
        self._victim = victim

    def delete(self, machine: Machine) -> None:
        """Step 13 on every machine but the victim."""
        if machine != self._victim:
            super().delete(machine)

    def copy_back(self, machine: Machine, backup: Backup) -> None:
        """Step 14 on every machine but the victim."""
        if machine != self._victim:
            super().copy_back(machine, backup)


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
        if machine == self._victim:
            fill_disk(machine, "/var/lib/docker", leaving=self._leaving)
        super().copy_away(machine)
