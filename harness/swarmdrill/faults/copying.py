"""A copy of a state directory that stops half-way, as the power finds it."""

from dataclasses import dataclass

from swarmdrill.backup.backup import Backup
from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.base.messages import said
from swarmdrill.swarm.machine import Machine

# For the copy to begin, in seconds.
BEGIN_SECONDS = 20


@dataclass(frozen=True)
class HalfCopy:
    """A copy on a machine that has begun and goes no further; `process` is the id of its `cp`."""

    machine: Machine
    process: int

    def require_there(self) -> None:
        """Raise CommandFailed where the process has ended since."""
        self.machine.run(f"ps -o args= -p {self.process}", why=said("it still copies when the power fails"))


def copy_half(machine: Machine, backup: Backup) -> HalfCopy:
    """Begin to copy the backup back, and stop that process as soon as there is something of the copy.

    In a session of its own, or the kernel would let it go on when this shell ends (setpgid(2): orphaned groups).
    Raises CommandFailed where the copy was through before it could be stopped.
    """
    done = machine.run(
        f"setsid cp -r {backup.directory} {SWARM_DIR} </dev/null >/dev/null 2>&1 & copy=$!; "
        f"until [ -e {SWARM_DIR} ] || ! kill -0 $copy; do :; done; kill -STOP $copy; "
        "while state=$(ps -o state= -p $copy) && [ $state != T ]; do :; done; "
        "echo $copy; [ $state = T ]",
        why=said("the copy is stopped half-way"),
        timeout=BEGIN_SECONDS,
    )
    return HalfCopy(machine, int(done.stdout))
