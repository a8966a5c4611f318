"""The document's procedure: stop every manager, copy its state directory away or back, start every manager."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from swarmdrill.backup import manifest
from swarmdrill.backup.backup import BACKUP_DIR, Backup
from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.backup.manifest import CopyFinding, CopyKind
from swarmdrill.base import trace
from swarmdrill.base.messages import Message, said
from swarmdrill.procedures.interface import Restoration
from swarmdrill.procedures.steps import DocumentSteps, Steps
from swarmdrill.swarm import files
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine

_CLIENT, _ALL, _NODE = said("client"), said("all managers"), said("node running the task")

# Each step of the document by its number: who does it, and what.
STEPS: Mapping[str, tuple[Message, Message]] = {
    "1": (_CLIENT, said("create index.html")),
    "2": (_CLIENT, said("write the compose file backup.yaml")),
    "3": (_CLIENT, said("deploy it as stack test")),
    "4": (_CLIENT, said("list stacks, services and tasks; the task runs")),
    "5": (_CLIENT, said("list configs; the config is there")),
    "5b": (_NODE, said("curl localhost in the container shows the index")),
    "6": (_ALL, said("the state directory exists")),
    "7": (_ALL, said("stop the docker service")),
    "8": (_ALL, said("copy the state directory")),
    "9": (_ALL, said("start the docker service")),
    "10": (_CLIENT, said("remove stack test")),
    "11": (_CLIENT, said("list stacks; test is gone")),
    "12": (_ALL, said("stop the docker service")),
    "13": (_ALL, said("delete the state directory")),
    "14": (_ALL, said("copy the backup back")),
    "15": (_ALL, said("the state directory exists")),
    "16": (_ALL, said("start the docker service")),
    "17": (_CLIENT, said("list stacks, services and tasks; the task runs again")),
    "18": (_CLIENT, said("list configs; the config is back")),
    "19": (_NODE, said("curl localhost in the container shows the index")),
    "20": (_CLIENT, said("remove stack test")),
}


@contextmanager
def numbered(number: str, machines: Sequence[Machine] = ()) -> Iterator[None]:
    """A numbered step of the document, shown under its number; `machines` when it is not all the text says."""
    who, what = STEPS[number]
    if machines:
        who = said("{machines:,} only", machines=machines)
    with trace.phase("{number:>2} {who}: {what}", number=number, who=who, what=what):
        yield


class DocumentProcedure:
    """Steps 6 to 9 and 12 to 16. Every step is done on all its machines before the next one starts.

    `steps` are what is done on one machine: the document's, or others around them.
    """

    def __init__(self, steps: Steps | None = None) -> None:
        self.steps = steps or DocumentSteps()

    def backup(self, cluster: Cluster) -> Backup:
        """Stop all managers, copy their state directories, start them, wait until one leads.

        Returns the backup with a manifest of each copy. Raises CommandFailed when a step fails on a
        machine, ConditionNotMet when no leader comes back.
        """
        managers = cluster.managers
        self._require_state("6", cluster, managers)
        with numbered("7"):
            cluster.stop_docker()
        with numbered("8"):
            cluster.on_each(self.steps.copy_away, managers)
        with numbered("9"):
            self.steps.start(cluster)
            # The managers take 10 s and more to elect a leader; reading the copies meanwhile costs nothing.
            manifests = cluster.on_each(lambda m: files.read_manifest(m, BACKUP_DIR), managers)
            cluster.leader()
        return Backup(BACKUP_DIR, manifests)

    def restore(
        self,
        cluster: Cluster,
        backup: Backup,
        *,
        only: Sequence[Machine] | None = None,
        kind: CopyKind = CopyKind.FAITHFUL,
    ) -> Restoration:
        """Stop all managers, replace the state directories of all of them, or `only` of some, start them all.

        What lies on each restored machine is compared with the backup before the engines start. Raises
        UnfaithfulRestore, naming each machine, where it is not `kind`; the engines stay stopped then.
        """
        started = time.monotonic()
        findings = self.put_back(cluster, backup, only=only, kind=kind)
        with numbered("16"):
            self.steps.start(cluster)
            cluster.leader()
        downtime = time.monotonic() - started
        trace.observe(
            said("recovery time"),
            said("{seconds:.1f} s from the first stop until every manager names a leader", seconds=downtime),
        )
        return Restoration(findings, downtime)

    def put_back(
        self,
        cluster: Cluster,
        backup: Backup,
        *,
        only: Sequence[Machine] | None = None,
        kind: CopyKind = CopyKind.FAITHFUL,
    ) -> tuple[CopyFinding, ...]:
        """Steps 12 to 15 of `restore`: the engines are stopped when it returns.

        Args:
            cluster: whose managers are all stopped.
            backup: what is copied back.
            only: the managers whose state is replaced; None for all of them.
            kind: what each copy has to turn out to be.

        Returns:
            What lies on each of those machines.

        Raises:
            CommandFailed: a step failed on a machine.
            UnfaithfulRestore: a copy is not `kind`.
        """
        restored = cluster.managers if only is None else tuple(only)
        shown = () if only is None else restored
        with numbered("12"):
            cluster.stop_docker()
        with numbered("13", shown):
            cluster.on_each(self.steps.delete, restored)
        with numbered("14", shown):
            cluster.on_each(lambda m: self.steps.copy_back(m, backup), restored)
        self._require_state("15", cluster, restored, shown)
        findings = self.inspect(cluster, backup, restored)
        manifest.require_kind(findings, kind)
        return findings

    def inspect(self, cluster: Cluster, backup: Backup, machines: Sequence[Machine]) -> tuple[CopyFinding, ...]:
        """Compare what lies on the machines with the backup as it was taken; a finding each, by machine."""
        nested_as = backup.directory.rsplit("/", 1)[1]

        def look(machine: Machine) -> CopyFinding:
            restored = files.read_manifest(machine, SWARM_DIR)
            intact = restored == backup.manifests[machine.name]
            now = restored if intact else files.read_manifest(machine, backup.directory)
            return manifest.classify(machine.name, restored, backup.manifests, now, nested_as)

        with trace.step("compare what was restored with the backup"):
            findings = tuple(cluster.on_each(look, machines).values())
            trace.observe(
                said("what was restored"),
                said("{findings:lines}", findings=[finding.describe() for finding in findings]),
            )
        return findings

    def _require_state(
        self, number: str, cluster: Cluster, machines: Sequence[Machine], shown: Sequence[Machine] = ()
    ) -> None:
        with numbered(number, shown):
            cluster.on_each(lambda m: m.run(f"test -d {SWARM_DIR} && ls -l {SWARM_DIR}"), machines)
