"""A simulated cluster on which a sequence can be played in no time: what tests of the search, and of the books, use."""

import random
from collections.abc import Mapping, Sequence

from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.base.messages import said
from swarmdrill.raft.model import Log
from swarmdrill.raft.replica import Replica
from swarmdrill.raft.replicated_log import Entry, ReplicatedLog
from swarmdrill.raft.simulated_cluster import Conditions, SimulatedCluster
from swarmdrill.sequences.actions import Action
from swarmdrill.sequences.ledger import Seen

# A few entries after each election, as dockerd's own are.
CONDITIONS = Conditions(writes=3, patience=10_000)
_ELECTION_SECONDS = 120.0


class SimulatedSubject:
    """Managers that exist in memory only. The same `rng` gives the same behaviour."""

    def __init__(self, names: Sequence[str], rng: random.Random) -> None:
        self._names, self._rng = tuple(names), rng
        self._copies: dict[str, Replica] = {}
        self._marks: set[str] = set()
        log = [Entry(1)]
        self._directories = {name: Replica(name, self._names, ReplicatedLog(log, 1), 1, rng) for name in names}
        self.start()

    @property
    def names(self) -> tuple[str, ...]:
        """All managers."""
        return self._names

    def look(self) -> Seen:
        """Who leads, and which marks are committed in its log."""
        self._elect()
        self._cluster.settle()
        self._elect()
        leader = self._cluster.leader()
        log = self._cluster.replicas[leader].log
        if log.committed < log.last_index:
            raise ConditionNotMet(
                said("{leader} leads and cannot commit entry {last_index}", leader=leader, last_index=log.last_index)
            )
        return Seen(leader, frozenset(entry.what for entry in log.entries()) & self._marks)

    def make(self, step: Action) -> None:
        """Let the leader write the mark."""
        self._marks.add(step.mark)
        self._cluster.write(step.mark)

    def back_up(self, names: Sequence[str], running: bool) -> None:
        """Copy what these managers hold."""
        if not running:
            self._copies |= {name: self._again(self._directories[name]) for name in names}
            return
        for name in names:
            self._cluster.stop(name)
            self._copies[name] = self._again(self._cluster.replicas[name])
        self._cluster.let_pass(1)
        for name in names:
            self._cluster.start(self._again(self._cluster.replicas[name]))

    def stop(self) -> None:
        """Stop all managers."""
        self._directories = {name: self._again(replica) for name, replica in self._cluster.replicas.items()}

    def restore(self, names: Sequence[str]) -> None:
        """Give these managers their copies back."""
        self._directories |= {name: self._again(self._copies[name]) for name in names}

    def start(self) -> Mapping[str, Log]:
        """Start all managers with what is in their directories."""
        stood = {
            name: Log(replica.term, replica.log.last_term, replica.log.last_index, replica.log.committed, "")
            for name, replica in self._directories.items()
        }
        self._cluster = SimulatedCluster(self._directories, self._rng, CONDITIONS)
        self._elect()
        return stood

    def panicked(self) -> str:
        """What the managers said that panicked."""
        return "\n".join(f"{name}: {said}" for name, said in self._cluster.panicked.items())

    def restart_leader(self) -> None:
        """Stop the leader until the others have another one."""
        former = self._cluster.leader()
        self._cluster.stop(former)
        self._elect(former)
        self._cluster.start(self._again(self._cluster.replicas[former]))

    def _elect(self, without: str = "") -> None:
        patience = self._cluster.now + _ELECTION_SECONDS
        none = {"", without}
        self._cluster.run(lambda: self._cluster.leader() not in none or self._cluster.now > patience)
        if self._cluster.panicked or self._cluster.leader() in none:
            raise ConditionNotMet(said("all managers follow one leader. {panicked}", panicked=self.panicked()))

    def _again(self, replica: Replica) -> Replica:
        """The same manager as it is when it starts again with what is on its disk."""
        log = ReplicatedLog(replica.log.entries(), replica.log.committed)
        return Replica(replica.name, self._names, log, replica.term, self._rng)
