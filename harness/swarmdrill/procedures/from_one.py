"""Docker's own procedure: restore one manager, make it the whole swarm by force, let the others join it."""

import time
from collections.abc import Sequence

from swarmdrill.backup import manifest
from swarmdrill.backup.backup import Backup
from swarmdrill.backup.manifest import CopyFinding
from swarmdrill.base import trace
from swarmdrill.members.repair import force_new_cluster, rejoin
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.interface import Restoration
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


class FromOne:
    """Back up as the document does; restore as Docker's administration guide does ("Restore from a backup")."""

    def __init__(self) -> None:
        self._document = DocumentProcedure()

    def backup(self, cluster: Cluster) -> Backup:
        """As the document does."""
        return self._document.backup(cluster)

    def restore(self, cluster: Cluster, backup: Backup, *, only: Sequence[Machine] | None = None) -> Restoration:
        """Restore the first manager, or the first of `only`, force a new cluster on it, and let the others join it."""
        started = time.monotonic()
        chosen = (only or cluster.managers)[0]
        findings = self.restore_one(cluster, backup, chosen)
        self.rejoin(cluster, chosen, [machine for machine in cluster.managers if machine != chosen])
        return Restoration(findings, time.monotonic() - started)

    def restore_one(
        self, cluster: Cluster, backup: Backup, chosen: Machine, *, taken_on: Machine | None = None
    ) -> tuple[CopyFinding, ...]:
        """Stop all managers, empty all state directories, restore `chosen`'s, start it, and force a new cluster on it.

        `taken_on` is the manager whose backup it gets, by default its own, which is compared with what lies there then.
        The other managers run an engine without a swarm when it returns.

        Raises:
            UnfaithfulRestore: what lies on `chosen` is not its backup.
            ConditionNotMet: the engine refuses.
        """
        origin = taken_on or chosen
        with trace.phase("stop all managers and empty their state directories"):
            cluster.stop_docker()
            if origin != chosen:
                origin.send(backup.directory, chosen)
            cluster.on_each(self._document.steps.delete, cluster.managers)
        with trace.phase(
            "restore {chosen} from {origin}'s backup, and force a new cluster on it", chosen=chosen, origin=origin
        ):
            self._document.steps.copy_back(chosen, backup)
            findings = self._document.inspect(cluster, backup, [chosen]) if origin == chosen else ()
            manifest.require_kind(findings)
            cluster.start_docker()
            cluster.wait_engines(cluster.managers)
            force_new_cluster(cluster, chosen)
        return findings

    def rejoin(self, cluster: Cluster, leader: Machine, machines: Sequence[Machine]) -> None:
        """Let the other managers join, remove their old entries, and wait until all are ready."""
        with trace.phase("the other managers join again, and their old entries are removed"):
            rejoin(leader, machines)
            cluster.wait_ready()
