"""The simulation: it does nothing that the model does not allow, and everything that the model says is usual."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings, strategies as st

from swarmdrill.raft.model import Fate, Log, StartOutcome, predict
from swarmdrill.raft.replica import Replica
from swarmdrill.raft.replicated_log import Entry, ReplicatedLog
from swarmdrill.raft.simulated_cluster import Conditions, SimulatedCluster
from swarmdrill.raft.simulation import BACKED_UP, NEWEST, Restore, fate, odds, restart, simulate

# Ticks of different managers are further apart than a message takes: elections do not overlap.
IDEAL = Conditions(skew=0.9, delay=0.00001, disk=0.00002)


@st.composite
def clusters(draw: st.DrawFn) -> tuple[list[Entry], dict[str, Log]]:
    """Managers whose logs are beginnings of the same entries, with any terms."""
    steps = draw(st.lists(st.integers(0, 5), min_size=2, max_size=20))
    entries, term = [], 1
    for step in steps:
        new = step >= 4  # a new leader, after 0 or 1 elections that failed
        term += step - 3 if new else 0
        entries.append(Entry(term, "" if new else f"entry {len(entries) + 1}"))
    lengths = draw(st.lists(st.integers(1, len(entries)), min_size=1, max_size=3))
    logs = {}
    for number in range(draw(st.integers(1, 7))):
        length = draw(st.sampled_from(lengths))
        last_term = entries[length - 1].term
        commit = max(0, length - draw(st.sampled_from([0, 0, 0, 1, 3])))
        term = last_term + draw(st.sampled_from([0, 0, 0, 1, 2]))
        logs[f"manager{number}"] = Log(term, last_term, length, commit, f"{length} entries")
    return entries, logs


CONDITIONS = st.builds(
    Conditions,
    skew=st.sampled_from([0.01, 0.5, 5.0]),
    delay=st.sampled_from([0.001, 0.05]),
    disk=st.sampled_from([0.001, 0.05]),
    writes=st.sampled_from([0, 3, 30]),
)


class TestAgainstTheModel:
    @settings(max_examples=200, deadline=None)
    @given(clusters(), CONDITIONS, st.integers(0, 10**6))
    def test_the_model_allows_whatever_happens(
        self, cluster: tuple[list[Entry], dict[str, Log]], conditions: Conditions, seed: int
    ) -> None:
        entries, logs = cluster
        run = restart(entries, logs, random.Random(seed), conditions)
        prediction = predict(logs)
        assert prediction.allows(run.outcome), prediction.why

    @pytest.mark.parametrize("uneven", [0, 1])
    @pytest.mark.parametrize("elections", [0, 1, 2])
    @pytest.mark.parametrize(("managers", "restored"), [(3, 1), (3, 2), (4, 3), (5, 2), (5, 3), (5, 4)])
    def test_the_usual_is_what_happens_and_nothing_else(
        self, managers: int, restored: int, elections: int, uneven: int
    ) -> None:
        usual = predict(Restore(managers, restored, elections, 0, uneven).logs()).usual
        seen = odds(managers, restored, 40, 1, elections=elections, uneven=uneven, conditions=IDEAL)
        assert set(seen) == usual

    def test_a_slow_network_shows_what_is_possible_beside(self) -> None:
        slow = Conditions(skew=0.1, delay=0.05, disk=0.001)
        seen = odds(3, 2, 150, 1, elections=1, wasted=1, conditions=slow)
        assert StartOutcome(NEWEST, Fate.STUCK) in seen


class TestOdds:
    def test_who_stands_first_decides_after_one_election(self) -> None:
        runs = [simulate(3, 2, random.Random(seed), conditions=IDEAL) for seed in range(100)]
        assert {(run.first == "manager3", run.outcome.history) for run in runs} == {(True, NEWEST), (False, BACKED_UP)}

    def test_two_of_three_are_a_third_for_the_newest(self) -> None:
        assert odds(3, 2, 600, 1)[StartOutcome(NEWEST, Fate.ALIKE)] == pytest.approx(200, abs=40)

    def test_two_elections_make_it_certain(self) -> None:
        assert odds(3, 2, 100, 1, elections=2, conditions=IDEAL) == Counter({StartOutcome(NEWEST, Fate.ALIKE): 100})

    def test_uneven_backups_make_it_two_thirds(self) -> None:
        assert odds(3, 2, 600, 1, uneven=1)[StartOutcome(NEWEST, Fate.ALIKE)] == pytest.approx(400, abs=40)

    def test_the_same_seed_gives_the_same_counts(self) -> None:
        assert odds(5, 3, 20, 1) == odds(5, 3, 20, 1) != odds(5, 3, 20, 2)

    def test_an_election_takes_ten_to_twenty_seconds(self) -> None:
        seconds = [simulate(3, 0, random.Random(seed), conditions=IDEAL).seconds for seed in range(50)]
        assert 10 <= min(seconds) < 12 < max(seconds) < 21

    @pytest.mark.parametrize(
        "wrong",
        [
            {"managers": 3, "restored": 4},
            {"managers": 3, "restored": 1, "elections": 0, "wasted": 1},
            {"managers": 3, "restored": 2, "uneven": 9},
        ],
    )
    def test_what_cannot_be(self, wrong: dict[str, int]) -> None:
        with pytest.raises(ValueError, match=r"cannot|end with"):
            Restore(**wrong)

    def test_logs_that_are_no_beginnings(self) -> None:
        with pytest.raises(ValueError, match="not the beginning"):
            restart([Entry(1)], {"one": Log(2, 2, 1, 1, "")}, random.Random(1))


class TestTime:
    def test_who_has_not_started_hears_nothing(self) -> None:
        case = Restore(3, 0)
        late = Conditions(skew=300)
        cluster = SimulatedCluster.beginning(case.newest(), case.logs(), random.Random(1), late)
        cluster.run(lambda: cluster.first_candidate != "")
        until = cluster.now + 5
        cluster.run(lambda: cluster.now > until)
        assert [name for name, each in cluster.replicas.items() if each.term > 2] == [cluster.first_candidate]

    def test_patience(self) -> None:
        run = restart(*alone(), random.Random(1), Conditions(patience=5))
        assert run.outcome == StartOutcome("", Fate.LEADERLESS)


def alone() -> tuple[tuple[Entry, ...], dict[str, Log]]:
    case = Restore(1, 0)
    return case.newest(), case.logs()


class TestFate:
    RULING = ReplicatedLog([Entry(1, "a"), Entry(3), Entry(3, "b")], 3)

    @pytest.mark.parametrize(
        ("entries", "expected"),
        [
            ([Entry(1, "a"), Entry(3), Entry(3, "b")], Fate.ALIKE),
            ([Entry(1, "a"), Entry(3), Entry(3, "other")], Fate.DIVERGED),
            ([Entry(1, "a"), Entry(2), Entry(3, "b")], Fate.FROZEN),
            ([Entry(1, "a")], Fate.FROZEN),
        ],
    )
    def test_fates(self, entries: list[Entry], expected: Fate) -> None:
        assert fate(self.RULING, ReplicatedLog(entries, 1)) is expected


class TestWhileTheOthersRun:
    """What `predict_running` says, done."""

    def cluster(self) -> tuple[SimulatedCluster, str]:
        case = Restore(3, 0)
        cluster = SimulatedCluster.beginning(case.newest(), case.logs(), random.Random(3), IDEAL)
        cluster.run(lambda: cluster.leader() != "")
        cluster.settle()
        return cluster, cluster.leader()

    def put_back(self, cluster: SimulatedCluster, name: str, length: int) -> None:
        """The manager was down for 3 s, which its leader noticed, and starts with the beginning of its log."""
        cluster.panicked[name] = "down"
        until = cluster.now + 3
        cluster.run(lambda: cluster.now > until)
        del cluster.panicked[name]
        old = ReplicatedLog(cluster.replicas[name].log.entries()[:length], length)
        cluster.replicas[name] = Replica(name, tuple(cluster.replicas), old, old.last_term, random.Random(1))

    def test_a_restored_follower_panics_at_the_first_heartbeat(self) -> None:
        cluster, leader = self.cluster()
        follower = next(name for name in cluster.replicas if name != leader)
        self.put_back(cluster, follower, 20)
        started = cluster.now
        cluster.run(lambda: follower in cluster.panicked)
        assert "is out of range [lastIndex(20)]" in cluster.panicked[follower]
        assert cluster.now - started < 1.1

    def test_a_change_of_leader_ends_that(self) -> None:
        cluster, leader = self.cluster()
        follower = next(name for name in cluster.replicas if name != leader)
        self.put_back(cluster, follower, 20)
        cluster.panicked[leader] = "stopped, before its heartbeat"
        cluster.run(lambda: cluster.leader() not in ("", leader))
        cluster.settle()
        assert cluster.leader() not in (leader, follower)
        assert follower not in cluster.panicked
        assert fate(cluster.replicas[cluster.leader()].log, cluster.replicas[follower].log) is Fate.ALIKE

    def test_a_restored_leader_is_caught_up(self) -> None:
        cluster, leader = self.cluster()
        self.put_back(cluster, leader, 20)
        cluster.run(lambda: cluster.leader() not in ("", leader))
        cluster.settle()
        ruling = cluster.replicas[cluster.leader()].log
        assert {fate(ruling, replica.log) for replica in cluster.replicas.values()} == {Fate.ALIKE}
        assert not cluster.panicked
