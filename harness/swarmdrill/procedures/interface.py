"""What a way to back up and restore has to offer, whoever wrote it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from swarmdrill.backup.backup import Backup
from swarmdrill.backup.manifest import CopyFinding
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


@dataclass(frozen=True)
class Restoration:
    """What a restore put on the machines, and how long the swarm was down: `downtime` in seconds."""

    findings: tuple[CopyFinding, ...]
    downtime: float


class Procedure(Protocol):
    """A way to back up a swarm and to restore it.

    Found by name among the entry points `swarmdrill.procedures`, each a function without arguments that makes one.

    Example:
        >>> class Nightly:
        ...     def backup(self, cluster: Cluster) -> Backup: ...
        ...     def restore(
        ...         self, cluster: Cluster, backup: Backup, *, only: Sequence[Machine] | None = None
        ...     ) -> Restoration: ...
    """

    def backup(self, cluster: Cluster) -> Backup:
        """Back up all managers.

        Raises:
            CommandFailed: a step failed on a machine.
            ConditionNotMet: no leader comes back.
        """

    def restore(self, cluster: Cluster, backup: Backup, *, only: Sequence[Machine] | None = None) -> Restoration:
        """Restore every manager, or `only` some, and wait until one leads.

        Raises:
            CommandFailed: a step failed on a machine.
            UnfaithfulRestore: what lies on a machine is not what was backed up.
            ConditionNotMet: no leader comes back.
        """
