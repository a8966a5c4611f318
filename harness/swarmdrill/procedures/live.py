"""Restores and backups of one manager at a time, while the others run on."""

from collections.abc import Callable
from functools import partial

from swarmdrill.backup import manifest
from swarmdrill.backup.backup import BACKUP_DIR, Backup
from swarmdrill.backup.manifest import Manifest
from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.swarm import files
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


def restore_alone(procedure: DocumentProcedure, cluster: Cluster, machine: Machine, backup: Backup) -> None:
    """Stop one manager, replace its state directory by its backup, and start it; nobody waits for it.

    Raises UnfaithfulRestore, with the engine stopped, where what lies there is not the backup.
    """
    with trace.phase("restore {machine} while the others run", machine=machine):
        machine.stop_docker()
        procedure.delete(machine)
        procedure.copy_back(machine, backup)
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
        procedure.copy_away(machine)
        machine.start_docker()
        return Backup(BACKUP_DIR, {machine.name: files.read_manifest(machine, BACKUP_DIR)})


class RollingBackup(DocumentProcedure):
    """Managers are backed up one after another, as a cautious operator does who wants no downtime."""

    def between(self, cluster: Cluster, machine: Machine) -> None:
        """What happens in the swarm before `machine` is backed up; nothing by default."""

    def while_stopped(self, cluster: Cluster, machine: Machine) -> None:
        """What happens in the swarm while `machine` is stopped, before its copy is made; nothing by default."""

    def backup(self, cluster: Cluster) -> Backup:
        """Stop, copy and start one manager after another; the others run. Raises as the document's does."""
        manifests: dict[str, Manifest] = {}
        for machine in cluster.managers:
            self.between(cluster, machine)
            taken = backup_alone(self, machine, meanwhile=partial(self.while_stopped, cluster, machine))
            manifests |= taken.manifests
            cluster.wait_ready()
        return Backup(BACKUP_DIR, manifests)


class HotBackup(DocumentProcedure):
    """The directories are copied while the engines run, all at the same time."""

    def __init__(self, directory: str = BACKUP_DIR) -> None:
        self._directory = directory

    def copy_away(self, machine: Machine) -> None:
        """Copy the directory into one of its own; files that vanish or grow meanwhile are part of the experiment."""
        machine.run(f"cp -r /var/lib/docker/swarm {self._directory}", why=said("a hot copy"), check=False)

    def start(self, cluster: Cluster) -> None:
        """Step 16; an engine that does not start on a hot copy is a result, which the wait for a leader meets."""
        cluster.on_each(lambda machine: machine.run("service docker start", check=False), cluster.managers)

    def backup(self, cluster: Cluster) -> Backup:
        """Copy on all managers, stopping none."""
        with trace.phase("copy every state directory while the engines run"):
            cluster.on_each(self.copy_away, cluster.managers)
        manifests = cluster.on_each(lambda machine: files.read_manifest(machine, self._directory), cluster.managers)
        return Backup(self._directory, manifests)
