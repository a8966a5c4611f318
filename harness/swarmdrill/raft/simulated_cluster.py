"""Simulated managers with clocks of their own, and the messages on their way between them: discrete events."""

import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count

from swarmdrill.raft.model import Log
from swarmdrill.raft.progress import RaftMessage
from swarmdrill.raft.replica import Replica, State
from swarmdrill.raft.replicated_log import Entry, Panic, ReplicatedLog

TICK = 1.0  # seconds, SwarmKit manager/state/raft/raft.go NewNode
_WRITE_INTERVAL = 0.05


@dataclass(frozen=True)
class Conditions:
    """What the cluster is like; times are in seconds.

    Args:
        skew: all managers start within so much time. It also spreads their ticks.
        delay: what a message takes, half to one and a half times as long, in order between any two managers.
        disk: what it takes to make term, vote and entries durable; until then nothing is sent (SwarmKit `raft.go` Run).
        writes: how many entries the first leader adds that can, one every 0.05 s. It begins when the entry that it
            began with is committed (SwarmKit `raft.go` caughtUp).
        patience: after so long without an outcome the simulation ends.
    """

    skew: float = 0.5
    delay: float = 0.001
    disk: float = 0.003
    writes: int = 40
    patience: float = 600.0


USUAL = Conditions()


class SimulatedCluster:
    """Managers that start at about the same time.

    Args:
        replicas: the managers by name, with the logs that they start from.
        rng: draws start times, delays and election time-outs.
    Attributes:
        now: seconds since the first manager can have started.
        first_candidate: who stood for election first.
        panicked: what each panicked manager said; it stays down.
    """

    def __init__(self, replicas: Mapping[str, Replica], rng: random.Random, conditions: Conditions) -> None:
        self.now = 0.0
        self.first_candidate = ""
        self.panicked: dict[str, str] = {}
        self.replicas = dict(replicas)
        self._down: set[str] = set()
        self._rng, self._conditions = rng, conditions
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()
        self._last_arrival: dict[tuple[str, str], float] = {}
        self._written = 0
        self._up = {name: rng.uniform(0, conditions.skew) for name in replicas}
        self._busy_until = dict(self._up)
        for name, up in self._up.items():
            self._at(up + TICK, self._ticker(name))

    @classmethod
    def beginning(
        cls, entries: Sequence[Entry], logs: Mapping[str, Log], rng: random.Random, conditions: Conditions
    ) -> "SimulatedCluster":
        """Managers whose logs are beginnings of the same entries; `logs` says where each stands.

        Raises ValueError for a log that is no beginning of `entries`.
        """
        for name, log in logs.items():
            if len(entries) < log.last_index or entries[log.last_index - 1].term != log.last_term:
                raise ValueError(f"{name}: {log.describe()}: not the beginning of the newest log")
        replicas = {
            name: Replica(name, tuple(logs), ReplicatedLog(entries[: log.last_index], log.commit), log.term, rng)
            for name, log in logs.items()
        }
        return cls(replicas, rng, conditions)

    def leader(self) -> str:
        """The manager that all which are up follow, itself among them; nothing if there is no such."""
        seen = {(each.leader, each.term) for name, each in self.replicas.items() if self._is_up(name)}
        return seen.pop()[0] if len(seen) == 1 else ""

    def _is_up(self, name: str) -> bool:
        return name not in self.panicked and name not in self._down

    def stop(self, name: str) -> None:
        """Stop a manager; what was sent to it and has not arrived is lost."""
        self._down.add(name)

    def start(self, replica: Replica) -> None:
        """Start a manager that was stopped, with that log."""
        self.replicas[replica.name] = replica
        self._down.remove(replica.name)

    def write(self, what: str) -> None:
        """Let the leader that all follow add an entry. Raises ValueError where there is none."""
        leader = self.leader()
        if not leader:
            raise ValueError("nobody leads")
        self._do(leader, lambda: self.replicas[leader].propose(what))

    def let_pass(self, seconds: float) -> None:
        """Let so many seconds pass."""
        until = self.now + seconds
        self.run(lambda: self.now >= until)

    def run(self, until: Callable[[], bool]) -> None:
        """Let time pass until that holds or patience ends."""
        while not until() and self._events[0][0] < self._conditions.patience:
            self.now, _, happen = heapq.heappop(self._events)
            happen()

    def settle(self) -> None:
        """Let a leader that all follow write what it has to, and the others get it."""
        self.let_pass(self._conditions.writes * _WRITE_INTERVAL + 3 * TICK)

    def _at(self, when: float, happen: Callable[[], None]) -> None:
        heapq.heappush(self._events, (when, next(self._order), happen))

    def _ticker(self, name: str) -> Callable[[], None]:
        def tick() -> None:
            self._do(name, self.replicas[name].tick)
            self._at(self.now + TICK, tick)

        return tick

    def _do(self, name: str, what: Callable[[], None]) -> None:
        """Let a manager do something, and send what it wants to send then."""
        if not self._is_up(name):
            return
        replica = self.replicas[name]
        before, led = _durable(replica), replica.leads
        try:
            what()
        except Panic as panic:
            self.panicked[name] = str(panic)
            return
        if replica.state is State.CANDIDATE and not self.first_candidate:
            self.first_candidate = name
        if _durable(replica) != before:
            self._busy_until[name] = max(self.now, self._busy_until[name]) + self._conditions.disk
        sent = max(self.now, self._busy_until[name])
        for message in replica.outbox:
            self._send(message, sent)
        replica.outbox.clear()
        if replica.leads and not led:
            self._at(self.now, self._writer(replica, replica.term))

    def _send(self, message: RaftMessage, sent: float) -> None:
        way = message.sender, message.to
        arrives = sent + self._conditions.delay * self._rng.uniform(0.5, 1.5)
        arrives = max(arrives, self._last_arrival.get(way, 0.0))
        self._last_arrival[way] = arrives

        def arrive() -> None:
            if self.now < self._up[message.to] or not self._is_up(message.to):
                self._do(message.sender, lambda: self.replicas[message.sender].unreachable(message.to))
            else:
                self._do(message.to, lambda: self.replicas[message.to].step(message))

        self._at(arrives, arrive)

    def _writer(self, replica: Replica, term: int) -> Callable[[], None]:
        def write() -> None:
            if (
                self.replicas[replica.name] is not replica
                or not replica.leads
                or replica.term != term
                or self._written >= self._conditions.writes
            ):
                return
            if replica.log.term(replica.log.committed) == term:
                self._written += 1
                self._do(replica.name, lambda: replica.propose(f"{replica.name}, term {term}: {self._written}"))
            self._at(self.now + _WRITE_INTERVAL, write)

        return write


def _durable(replica: Replica) -> tuple[int, str, int, int]:
    return replica.term, replica.vote, replica.log.last_index, replica.log.last_term
