"""A real cluster on which a sequence can be played; its state begins empty each time."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from swarmdrill.backup import manifest
from swarmdrill.backup.backup import BACKUP_DIR, Backup
from swarmdrill.base.messages import said
from swarmdrill.observe import starts
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.raft.elections import ElectionKind as Said, events
from swarmdrill.raft.model import Log
from swarmdrill.sequences.actions import Action, ActionKind
from swarmdrill.sequences.ledger import Seen
from swarmdrill.swarm import files
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.reset import reset
from swarmdrill.workload.objects import agreed_configs, create_config
from swarmdrill.workload.stack import Stack


class Stage:
    """Makes the cluster ready for one sequence after another.

    Args:
        cluster: an empty swarm.
        compose_file: what `deploy` deploys; it has a config, by which the state shows that it was deployed.
    """

    def __init__(self, cluster: Cluster, procedure: DocumentProcedure, compose_file: Path) -> None:
        self._cluster, self._procedure, self._compose_file = cluster, procedure, compose_file
        self._is_used = False

    def __call__(self) -> "ClusterSubject":
        """An empty swarm, reset where something was played on it before. Raises LabBroken."""
        if self._is_used:
            reset(self._cluster)
        self._is_used = True
        return ClusterSubject(self._cluster, self._procedure, self._compose_file)


class ClusterSubject:
    """The managers of a lab; see `play.Subject` for what each method does."""

    def __init__(self, cluster: Cluster, procedure: DocumentProcedure, compose_file: Path) -> None:
        self._cluster, self._procedure, self._compose_file = cluster, procedure, compose_file
        self._manifests: dict[str, manifest.Manifest] = {}
        self._mark = LogMark(dict.fromkeys(cluster.managers, 0))

    @property
    def names(self) -> tuple[str, ...]:
        """All managers."""
        return tuple(machine.name for machine in self._cluster.managers)

    def look(self) -> Seen:
        """Who leads, and what all managers show: a mark is the beginning of a config's name."""
        self._cluster.leader()
        self._cluster.wait_ready()
        leader = self._cluster.leader().name
        return Seen(leader, frozenset(name.split("_")[0] for name in agreed_configs(self._cluster)))

    def make(self, step: Action) -> None:
        """Deploy a stack of the mark's name, or make a config of it."""
        if step.kind is ActionKind.DEPLOY:
            Stack(step.mark, self._compose_file).deploy(self._cluster)
        else:
            create_config(self._cluster.client, step.mark, "made by a random sequence")

    def back_up(self, names: Sequence[str], running: bool) -> None:
        """Copy as the procedure does, in the place of an older copy."""
        machines = self._machines(names)

        def copy(machine: Machine) -> manifest.Manifest:
            machine.run(f"rm -rf {BACKUP_DIR}", why=said("the copy replaces an older one"))
            self._procedure.steps.copy_away(machine)
            return files.read_manifest(machine, BACKUP_DIR)

        if running:
            self._cluster.stop_docker(machines)
        self._manifests |= self._cluster.on_each(copy, machines)
        if running:
            self._cluster.start_docker(machines)
            self._cluster.leader()

    def stop(self) -> None:
        """Stop the docker service on all managers."""
        self._cluster.stop_docker()

    def restore(self, names: Sequence[str]) -> None:
        """Delete and copy back as the procedure does. Raises UnfaithfulRestore where the copy is not what was taken."""
        machines = self._machines(names)
        backup = Backup(BACKUP_DIR, self._manifests)
        self._cluster.on_each(self._procedure.steps.delete, machines)
        self._cluster.on_each(lambda machine: self._procedure.steps.copy_back(machine, backup), machines)
        manifest.require_kind(self._procedure.inspect(self._cluster, backup, machines))

    def start(self) -> Mapping[str, Log]:
        """Start the docker service on all managers; where the logs stood is what the engines say."""
        self._mark = self._cluster.mark(self._cluster.managers)
        self._procedure.steps.start(self._cluster)
        positions = starts.wait_started(self._cluster, self._mark).positions
        return {name: position.log("") for name, position in positions.items()}

    def panicked(self) -> str:
        """The panics in the engines' logs since the last start of all."""
        texts = self._mark.since()
        panics = {name: [e.message for e in events(text) if e.kind is Said.PANIC] for name, text in texts.items()}
        return "\n".join(f"{name} panicked: {said[0]}" for name, said in panics.items() if said)

    def restart_leader(self) -> None:
        """Stop the leader's engine until the others have another leader."""
        self._cluster.change_leader()

    def _machines(self, names: Sequence[str]) -> list[Machine]:
        return [self._cluster.machine(name) for name in names]
