"""Restores and backups of one manager at a time, while the others run on."""

from collections.abc import Callable, Sequence
from functools import partial

from swarmdrill.backup import manifest
from swarmdrill.backup.backup import BACKUP_DIR, Backup
from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.backup.manifest import Manifest
from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.interface import Restoration
from swarmdrill.procedures.steps import DocumentSteps
from swarmdrill.swarm import files
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


def restore_alone(procedure: DocumentProcedure, cluster: Cluster, machine: Machine, backup: Backup) -> None:
    """Stop one manager, replace its state directory by its backup, and start it; nobody waits for it.

    Raises UnfaithfulRestore, with the engine stopped, where what lies there is not the backup.
    """
    with trace.phase("restore {machine} while the others run", machine=machine):
        machine.stop_docker()
        procedure.steps.delete(machine)
        procedure.steps.copy_back(machine, backup)
        manifest.require_kind(procedure.inspect(cluster, backup, [machine]))
        machine.start_docker()


def backup_alone(
    procedure: DocumentProcedure, machine: Machine, *, meanwhile: Callable[[], None] = lambda: None
) -> Backup:
    """Stop one machine, copy its state directory, and start it; nobody waits for it.

    `meanwhile` is done while it is stopped, before the copy.
    """
    with trace.phase("back up {machine} while the others run", machine=machine):
        machine.stop_docker()
        meanwhile()
        procedure.steps.copy_away(machine)
        machine.start_docker()
        return Backup(BACKUP_DIR, {machine.name: files.read_manifest(machine, BACKUP_DIR)})


Meanwhile = Callable[[Cluster, Machine], None]


def _nothing(cluster: Cluster, machine: Machine) -> None:
    """Nothing happens in the swarm meanwhile."""


class RollingBackup:
    """Managers are backed up one after another, as a cautious operator does who wants no downtime.

    Args:
        between: what happens in the swarm before a manager is backed up.
        while_stopped: what happens in the swarm while a manager is stopped, before its copy is made.
    """

    def __init__(self, *, between: Meanwhile = _nothing, while_stopped: Meanwhile = _nothing) -> None:
        self._between, self._while_stopped = between, while_stopped
        self._document = DocumentProcedure()

    def backup(self, cluster: Cluster) -> Backup:
        """Stop, copy and start one manager after another; the others run. Raises CommandFailed, ConditionNotMet."""
        manifests: dict[str, Manifest] = {}
        for machine in cluster.managers:
            self._between(cluster, machine)
            meanwhile = partial(self._while_stopped, cluster, machine)
            manifests |= backup_alone(self._document, machine, meanwhile=meanwhile).manifests
            cluster.wait_ready()
        return Backup(BACKUP_DIR, manifests)

    def restore(self, cluster: Cluster, backup: Backup, *, only: Sequence[Machine] | None = None) -> Restoration:
        """As the document does."""
        return self._document.restore(cluster, backup, only=only)


class _OnHotCopies(DocumentSteps):
    def start(self, cluster: Cluster) -> None:
        """An engine that does not start on a hot copy is a result, which the wait for a leader meets."""
        cluster.on_each(lambda machine: machine.run("systemctl start docker", check=False), cluster.managers)


class HotBackup:
    """The state directories are copied to `directory` while the engines run, all at the same time."""

    def __init__(self, directory: str = BACKUP_DIR) -> None:
        self._directory = directory
        self._document = DocumentProcedure(_OnHotCopies())

    def backup(self, cluster: Cluster) -> Backup:
        """Copy on all managers, stopping none; files that vanish or grow meanwhile are part of the experiment."""
        with trace.phase("copy every state directory while the engines run"):
            copy = f"cp -r {SWARM_DIR} {self._directory}"
            cluster.on_each(lambda machine: machine.run(copy, why=said("a hot copy"), check=False), cluster.managers)
        manifests = cluster.on_each(lambda machine: files.read_manifest(machine, self._directory), cluster.managers)
        return Backup(self._directory, manifests)

    def restore(self, cluster: Cluster, backup: Backup, *, only: Sequence[Machine] | None = None) -> Restoration:
        """As the document does. Raises ConditionNotMet where no leader comes up on hot copies."""
        return self._document.restore(cluster, backup, only=only)
