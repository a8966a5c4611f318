"""Docker's own procedure: restore one manager, make it the whole swarm by force, let the others join it."""

from collections.abc import Sequence

from swarmdrill.backup.backup import Backup
from swarmdrill.base import trace
from swarmdrill.members.repair import force_new_cluster, rejoin
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


class FromOne(DocumentProcedure):
    """Back up as the document does; restore as Docker's administration guide does ("Restore from a backup")."""

    def restore_one(
        self, cluster: Cluster, backup: Backup, chosen: Machine, *, taken_on: Machine | None = None
    ) -> None:
        """Stop all managers, empty all state directories, restore `chosen`'s, start it, and force a new cluster on it.

        `taken_on` is the manager whose backup it gets, by default its own. The other managers run an engine without
        a swarm when it returns. Raises ConditionNotMet where the engine refuses.
        """
        origin = taken_on or chosen
        with trace.phase("stop all managers and empty their state directories"):
            cluster.stop_docker()
            if origin != chosen:
                origin.send(backup.directory, chosen)
            cluster.on_each(self.delete, cluster.managers)
        with trace.phase(
            "restore {chosen} from {origin}'s backup, and force a new cluster on it", chosen=chosen, origin=origin
        ):
            self.copy_back(chosen, backup)
            cluster.start_docker()
            cluster.wait_engines(cluster.managers)
            force_new_cluster(cluster, chosen)

    def rejoin(self, cluster: Cluster, leader: Machine, machines: Sequence[Machine]) -> None:
        """Let the other managers join, remove their old entries, and wait until all are ready."""
        with trace.phase("the other managers join again, and their old entries are removed"):
            rejoin(leader, machines)
            cluster.wait_ready()
