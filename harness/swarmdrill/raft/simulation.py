"""How often which state wins: restart simulated managers, some of them from a backup, again and again."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from swarmdrill.raft.model import Fate, Log, StartOutcome
from swarmdrill.raft.replicated_log import Entry, ReplicatedLog
from swarmdrill.raft.simulated_cluster import USUAL, Conditions, SimulatedCluster

BACKED_UP = "backed up"
NEWEST = "newest"


@dataclass(frozen=True)
class Restore:
    """Managers of which some have a backup: what was done to them.

    Args:
        managers, restored: how many there are, and how many of them got the backup.
        elections: how often a leader was elected between backup and restore. The document's procedure starts all
            managers after the copy, which makes it 1; a copy of a running cluster has 0.
        wasted: how many elections failed before those. Each raises the term as well, and leaves no entry.
        uneven: so many entries more has each backup than the one before, as when managers stop one after another
            while the leader goes on writing.
        entries: how many the backup has, how many each leader wrote after it.
    """

    managers: int
    restored: int
    elections: int = 1
    wasted: int = 0
    uneven: int = 0
    entries: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.restored <= self.managers or self.managers < 1:
            raise ValueError(f"{self.restored} of {self.managers} managers cannot be restored")
        if self.wasted and not self.elections:
            raise ValueError("elections that only failed end with one that did not")
        if self.uneven * self.managers >= self.entries:
            raise ValueError(f"backups cannot differ by {self.uneven} entries each and have {self.entries}")

    def newest(self) -> tuple[Entry, ...]:
        """The entries of the newest log: the backup's, in term 1, then those of each leader since."""
        made = [Entry(1, f"before the backup: {number}") for number in range(self.entries)]
        for term in range(2 + self.wasted, 2 + self.wasted + self.elections):
            made += [Entry(term), *self._written(term)]
        return (*made, *self._written(1)) if not self.elections else tuple(made)

    def _written(self, term: int) -> list[Entry]:
        return [Entry(term, f"after the backup, term {term}: {number}") for number in range(self.entries)]

    def logs(self) -> dict[str, Log]:
        """Where each manager's log stands; the first ones are restored."""
        last = len(self.newest())
        term = 1 + self.elections + self.wasted
        logs = {}
        for number in range(1, self.managers + 1):
            if number <= self.restored:
                index = self.entries - (self.restored - number) * self.uneven
                logs[f"manager{number}"] = Log(1, 1, index, index, BACKED_UP)
            else:
                logs[f"manager{number}"] = Log(term, term, last, last, NEWEST)
        return logs


@dataclass(frozen=True)
class SimulatedRun:
    """What one restart came to.

    Args:
        seconds: until all followed one leader.
        first: who stood for election first.
        leader: who led in the end.
        candidacies: how often anybody stood.
    """

    outcome: StartOutcome
    seconds: float
    first: str
    leader: str
    candidacies: int


def simulate(
    managers: int,
    restored: int,
    rng: random.Random,
    *,
    elections: int = 1,
    wasted: int = 0,
    uneven: int = 0,
    conditions: Conditions = USUAL,
) -> SimulatedRun:
    """Restore so many of the managers, start all, and see what comes of it; see `Restore` for the arguments."""
    case = Restore(managers, restored, elections, wasted, uneven)
    return restart(case.newest(), case.logs(), rng, conditions)


def odds(
    managers: int,
    restored: int,
    trials: int,
    seed: int,
    *,
    elections: int = 1,
    wasted: int = 0,
    uneven: int = 0,
    conditions: Conditions = USUAL,
) -> Counter[StartOutcome]:
    """Draw `trials` restarts after a restore, and count their outcomes; the same arguments give the same counts.

    Args:
        managers, restored, elections, wasted, uneven: as in `Restore`.
        trials: how many restarts.
        seed: what the draws follow from.
        conditions: how fast managers start and answer.
    """
    case = Restore(managers, restored, elections, wasted, uneven)
    entries, logs = case.newest(), case.logs()
    return Counter(
        restart(entries, logs, random.Random(f"{seed} {trial}"), conditions).outcome for trial in range(trials)
    )


def restart(
    entries: Sequence[Entry], logs: Mapping[str, Log], rng: random.Random, conditions: Conditions = USUAL
) -> SimulatedRun:
    """Start managers from any logs that are beginnings of the same entries; let them elect a leader, write, settle.

    Every manager is a member in every log. Raises ValueError for a log that is no beginning of `entries`.
    """
    cluster = SimulatedCluster.beginning(entries, logs, rng, conditions)
    cluster.run(lambda: cluster.leader() != "")
    seconds = cluster.now
    cluster.settle()
    candidacies = sum(replica.candidacies for replica in cluster.replicas.values())
    return SimulatedRun(
        _outcome(cluster, entries, logs), seconds, cluster.first_candidate, cluster.leader(), candidacies
    )


def _outcome(cluster: SimulatedCluster, entries: Sequence[Entry], logs: Mapping[str, Log]) -> StartOutcome:
    leader = cluster.leader()
    if not leader:
        return StartOutcome("", Fate.LEADERLESS)
    ruling = cluster.replicas[leader].log
    fates = [fate(ruling, replica.log) for replica in cluster.replicas.values()]
    fates += [Fate.PANIC] * len(cluster.panicked)
    if ruling.committed < ruling.last_index:
        fates.append(Fate.STUCK)
    # Each state contains the ones before it: the one that rules is the longest that is in the leader's log.
    holds = [log for log in logs.values() if ruling.entries()[: log.last_index] == tuple(entries[: log.last_index])]
    history = max(holds, key=lambda log: log.last_index).history
    return StartOutcome(history, max(fates, key=list(Fate).index))


def fate(ruling: ReplicatedLog, other: ReplicatedLog) -> Fate:
    """How a manager's log stands to the leader's after both had time to become the same."""
    differ = [(ours, theirs) for ours, theirs in zip(ruling.entries(), other.entries(), strict=False) if ours != theirs]
    if any(ours.term == theirs.term for ours, theirs in differ):
        return Fate.DIVERGED
    return Fate.FROZEN if differ or ruling.last_index != other.last_index else Fate.ALIKE
