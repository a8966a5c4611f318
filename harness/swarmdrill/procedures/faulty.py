"""Steps with a mistake in them: what the detectors have to notice. They compose with all others."""

from swarmdrill.backup.backup import Backup
from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.faults.disks import fill_disk
from swarmdrill.procedures.steps import Steps, StepsAround
from swarmdrill.swarm.machine import Machine

# In units of 1024 bytes (ulimit(1)); a WAL segment is preallocated to 64,000,000 bytes.
HALF_A_SEGMENT = 31_250


class WithVictim(StepsAround):
    """Steps that go wrong on one machine."""

    def __init__(self, inner: Steps, victim: Machine) -> None:
        super().__init__(inner)
        self._victim = victim


class InterruptedCopy(WithVictim):
    """On the victim the copy back is killed in the middle of the log, and nobody looks at its exit status."""

    def copy_back(self, machine: Machine, backup: Backup) -> None:
        """Step 14; the victim's `cp` meets a file size limit, and SIGXFSZ ends it as a full disk would."""
        if machine != self._victim:
            self.inner.copy_back(machine, backup)
            return
        machine.run(
            f"(ulimit -f {HALF_A_SEGMENT}; cp -r {backup.directory} {SWARM_DIR})",
            why=said("a copy that is interrupted"),
            check=False,
        )


class ForgottenMachine(WithVictim):
    """The victim is forgotten: its old directory stays and nothing is copied."""

    def delete(self, machine: Machine) -> None:
        """Step 13 on every machine but the victim."""
        if machine != self._victim:
            self.inner.delete(machine)

    def copy_back(self, machine: Machine, backup: Backup) -> None:
        """Step 14 on every machine but the victim."""
        if machine != self._victim:
            self.inner.copy_back(machine, backup)


class FullDisk(WithVictim):
    """The victim's disk fills up, but for `leaving` megabytes, between the stop of the engine and the copy.

    Not before the stop: an engine that ends frees the segment of 64 MB that it had preallocated (`0.tmp` in the log's
    directory), and the copy, which is without it, would fit into that.
    """

    def __init__(self, inner: Steps, victim: Machine, *, leaving: int) -> None:
        super().__init__(inner, victim)
        self._leaving = leaving

    def copy_away(self, machine: Machine) -> None:
        """Step 8; the victim has only `leaving` megabytes left for it."""
        if machine == self._victim:
            fill_disk(machine, "/var/lib/docker", leaving=self._leaving)
        self.inner.copy_away(machine)


class SkippedDeletion(StepsAround):
    """Step 13 is forgotten on every machine."""

    def delete(self, machine: Machine) -> None:
        """Leave step 13 out, and say so where it would have been."""
        trace.observe(
            said("step 13 is left out on purpose"), said("{directory} stays", directory=SWARM_DIR), machine=machine.name
        )
