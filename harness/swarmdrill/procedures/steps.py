"""What a procedure does on one machine, step by step: the document's steps, and others around them.

Steps compose: `Unlocking(Interrupted(DocumentSteps(), victim), key)` is a restore that is locked and interrupted.
"""

from typing import Protocol

from swarmdrill.backup.backup import BACKUP_DIR, Backup
from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


class Steps(Protocol):
    """The steps that a mistake or another taste changes; the procedure decides when and on which machines."""

    def copy_away(self, machine: Machine) -> None:
        """Step 8 on one machine. Raises CommandFailed."""

    def delete(self, machine: Machine) -> None:
        """Step 13 on one machine. Raises CommandFailed."""

    def copy_back(self, machine: Machine, backup: Backup) -> None:
        """Step 14 on one machine. Raises CommandFailed."""

    def start(self, cluster: Cluster) -> None:
        """Steps 9 and 16: start the docker service on all managers. Raises CommandFailed."""


class DocumentSteps:
    """The commands that the document types."""

    def copy_away(self, machine: Machine) -> None:
        machine.run(f"cp -r {SWARM_DIR} {BACKUP_DIR}")

    def delete(self, machine: Machine) -> None:
        machine.run(f"rm -r {SWARM_DIR}")

    def copy_back(self, machine: Machine, backup: Backup) -> None:
        machine.run(f"cp -r {backup.directory} {SWARM_DIR}")

    def start(self, cluster: Cluster) -> None:
        cluster.start_docker()


class StepsAround:
    """Other steps, as they are. What differs overrides one of them and calls `self.inner` for the rest."""

    def __init__(self, inner: Steps) -> None:
        self.inner = inner

    def copy_away(self, machine: Machine) -> None:
        self.inner.copy_away(machine)

    def delete(self, machine: Machine) -> None:
        self.inner.delete(machine)

    def copy_back(self, machine: Machine, backup: Backup) -> None:
        self.inner.copy_back(machine, backup)

    def start(self, cluster: Cluster) -> None:
        self.inner.start(cluster)
