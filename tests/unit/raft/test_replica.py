"""What a simulated manager answers: each rule of the library that an outcome depends on, and both panics."""

import random

import pytest

from swarmdrill.raft.progress import Progress, ProgressKind, RaftMessage
from swarmdrill.raft.replica import ELECTION_TICKS, Replica, State
from swarmdrill.raft.replicated_log import Entry, Panic, ReplicatedLog

MEMBERS = ("one", "two", "three")


def made(*terms: int) -> list[Entry]:
    return [Entry(term, f"entry {index}") for index, term in enumerate(terms, 1)]


def replica(*terms: int, term: int = 0, committed: int = 0, members: tuple[str, ...] = MEMBERS) -> Replica:
    log = ReplicatedLog(made(*terms), committed)
    return Replica("one", members, log, term or log.last_term, random.Random(1))


def leader(*terms: int) -> Replica:
    one = replica(*terms)
    one.campaign()
    one.step(RaftMessage(ProgressKind.VOTE_ANSWER, "two", "one", one.term))
    one.outbox.clear()
    return one


def answers(one: Replica, message: RaftMessage) -> list[RaftMessage]:
    one.outbox.clear()
    one.step(message)
    return one.outbox


class TestLog:
    def test_entries_that_differ_in_their_term_are_replaced(self) -> None:
        log = ReplicatedLog(made(1, 1, 2, 2), 2)
        assert log.try_append(2, 1, [Entry(3, "new")], 3)
        assert log.entries(3) == (Entry(3, "new"),)
        assert log.committed == 3

    def test_an_entry_of_the_same_index_and_term_is_kept_whatever_is_in_it(self) -> None:
        log = ReplicatedLog(made(1, 2), 1)
        assert log.try_append(1, 1, [Entry(2, "other"), Entry(2, "next")], 3)
        assert log.entries() == (*made(1, 2), Entry(2, "next"))

    def test_no_common_entry(self) -> None:
        assert not ReplicatedLog(made(1, 1), 2).try_append(3, 1, [Entry(2)], 4)

    def test_a_committed_entry_is_never_replaced(self) -> None:
        with pytest.raises(Panic, match=r"entry 2 conflict with committed entry \[committed\(2\)\]"):
            ReplicatedLog(made(1, 1), 2).try_append(1, 1, [Entry(2)], 2)

    def test_commit_beyond_the_end(self) -> None:
        with pytest.raises(Panic, match=r"tocommit\(46\) is out of range \[lastIndex\(2\)\]"):
            ReplicatedLog(made(1, 1), 1).commit_to(46)

    def test_a_commit_never_goes_back(self) -> None:
        log = ReplicatedLog(made(1, 1), 2)
        log.commit_to(1)
        assert log.committed == 2

    @pytest.mark.parametrize("committed", [-1, 3])
    def test_a_torn_directory(self, committed: int) -> None:
        with pytest.raises(ValueError, match="out of range"):
            ReplicatedLog(made(1, 1), committed)

    @pytest.mark.parametrize(
        ("last_index", "last_term", "newer"), [(2, 2, True), (3, 2, True), (1, 3, True), (1, 2, False), (9, 1, False)]
    )
    def test_up_to_date(self, last_index: int, last_term: int, newer: bool) -> None:
        assert ReplicatedLog(made(1, 2), 0).is_up_to_date(last_index, last_term) is newer


class TestElection:
    def test_time_outs_are_ten_to_nineteen_ticks(self) -> None:
        drawn = {Replica("one", MEMBERS, ReplicatedLog([], 0), 0, random.Random(seed)).timeout for seed in range(300)}
        assert drawn == set(range(10, 20))

    def test_stands_when_time_is_out(self) -> None:
        one = replica(1, 1)
        for _ in range(one.timeout):
            assert one.state is State.FOLLOWER
            one.tick()
        assert (one.state, one.term) == (State.CANDIDATE, 2)
        assert [(message.kind, message.to, message.index, message.log_term) for message in one.outbox] == [
            (ProgressKind.VOTE, "two", 2, 1),
            (ProgressKind.VOTE, "three", 2, 1),
        ]

    def test_alone_it_elects_itself(self) -> None:
        one = replica(1, members=("one",))
        one.campaign()
        assert one.leads
        assert one.log.entries(2) == (Entry(2),)
        assert one.log.committed == 2

    def test_a_majority_of_refusals_ends_a_candidacy(self) -> None:
        one = replica(1)
        one.campaign()
        for peer in one.peers:
            assert one.state is State.CANDIDATE
            one.step(RaftMessage(ProgressKind.VOTE_ANSWER, peer, "one", 2, reject=True))
        assert one.state is State.FOLLOWER

    @pytest.mark.parametrize(
        ("index", "log_term", "granted"), [(2, 1, True), (1, 1, False), (1, 2, True)], ids=["same", "older", "newer"]
    )
    def test_votes_for_a_log_that_is_at_least_as_new(self, index: int, log_term: int, granted: bool) -> None:
        one = replica(1, 1)
        [answer] = answers(one, RaftMessage(ProgressKind.VOTE, "two", "one", 2, index, log_term))
        assert (answer.kind, answer.reject, one.term) == (ProgressKind.VOTE_ANSWER, not granted, 2)

    def test_one_vote_a_term(self) -> None:
        one = replica(1)
        answers(one, RaftMessage(ProgressKind.VOTE, "two", "one", 2, 1, 1))
        assert answers(one, RaftMessage(ProgressKind.VOTE, "three", "one", 2, 1, 1))[0].reject
        assert not answers(one, RaftMessage(ProgressKind.VOTE, "two", "one", 2, 1, 1))[0].reject

    def test_a_candidate_of_a_lower_term_gets_no_answer(self) -> None:
        assert answers(replica(1, term=5), RaftMessage(ProgressKind.VOTE, "two", "one", 4, 9, 4)) == []

    def test_who_has_a_leader_ignores_candidates_for_ten_ticks(self) -> None:
        one = replica(1)
        one.step(RaftMessage(ProgressKind.HEARTBEAT, "two", "one", 2))
        candidacy = RaftMessage(ProgressKind.VOTE, "three", "one", 3, 9, 2)
        for _ in range(ELECTION_TICKS - 1):
            one.tick()
        assert answers(one, candidacy) == []
        one.timeout = ELECTION_TICKS + 1
        one.tick()
        assert not answers(one, candidacy)[0].reject

    def test_a_leader_of_a_lower_term_is_told_so_and_steps_down(self) -> None:
        [answer] = answers(replica(1, term=5), RaftMessage(ProgressKind.APPEND, "two", "one", 4, 1, 1))
        assert (answer.kind, answer.term) == (ProgressKind.APPEND_ANSWER, 5)
        old = leader(1)
        old.step(RaftMessage(ProgressKind.APPEND_ANSWER, "two", "one", 5))
        assert (old.state, old.term, old.leader) == (State.FOLLOWER, 5, "")

    def test_a_leader_that_nobody_answers_steps_down(self) -> None:
        one = leader(1)
        for _ in range(ELECTION_TICKS):
            assert one.leads
            one.tick()
        assert one.state is State.FOLLOWER

    def test_a_leader_that_one_of_two_answers_goes_on(self) -> None:
        one = leader(1)
        for _ in range(5 * ELECTION_TICKS):
            one.tick()
            one.step(RaftMessage(ProgressKind.HEARTBEAT_ANSWER, "three", "one", one.term))
        assert one.leads


class TestReplication:
    def test_commits_what_a_majority_has(self) -> None:
        one = leader(1, 1)
        assert one.log.committed == 0
        one.step(RaftMessage(ProgressKind.APPEND_ANSWER, "two", "one", one.term, 3))
        assert one.log.committed == 3

    def test_an_entry_of_an_older_term_is_committed_only_with_one_of_its_own(self) -> None:
        one = leader(1, 1)
        one.step(RaftMessage(ProgressKind.APPEND_ANSWER, "two", "one", one.term, 2))
        assert one.log.committed == 0

    def test_goes_back_to_where_the_logs_agree(self) -> None:
        one = leader(1, 1, 1, 1)
        [again] = answers(one, RaftMessage(ProgressKind.APPEND_ANSWER, "two", "one", 2, 4, 1, reject=True, hint=2))
        assert (again.index, again.log_term, len(again.entries)) == (2, 1, 3)

    def test_a_follower_that_committed_more_answers_with_that(self) -> None:
        one = replica(1, 1, 2, 2, committed=4)
        [answer] = answers(one, RaftMessage(ProgressKind.APPEND, "two", "one", 3, 2, 1, (Entry(3),)))
        assert (answer.index, answer.reject) == (4, False)
        assert one.log.entries() == tuple(made(1, 1, 2, 2))

    def test_and_the_leader_believes_it_and_never_looks_back(self) -> None:
        one = leader(1, 1)
        one.step(RaftMessage(ProgressKind.APPEND_ANSWER, "two", "one", 2, 46))
        assert one.progress["two"] == Progress(next=47, match=46, replicates=True, active=True)
        refusal = RaftMessage(ProgressKind.APPEND_ANSWER, "two", "one", 2, 46, 0, reject=True)
        assert answers(one, refusal) == []
        assert answers(one, RaftMessage(ProgressKind.HEARTBEAT_ANSWER, "two", "one", 2)) == []

    def test_a_heartbeat_says_no_more_than_the_follower_has(self) -> None:
        one = leader(1, 1)
        one.step(RaftMessage(ProgressKind.APPEND_ANSWER, "two", "one", 2, 3))
        one.outbox.clear()
        one.tick()
        assert {message.to: message.commit for message in one.outbox} == {"two": 3, "three": 0}

    def test_a_follower_that_lost_what_it_had_panics_at_a_heartbeat(self) -> None:
        with pytest.raises(Panic, match="tocommit"):
            replica(1, 1).step(RaftMessage(ProgressKind.HEARTBEAT, "two", "one", 1, commit=3))

    def test_nothing_is_sent_before_an_answer_to_one_that_was_unreachable(self) -> None:
        one = leader(1)
        one.step(RaftMessage(ProgressKind.APPEND_ANSWER, "two", "one", 2, 2))
        one.unreachable("two")
        one.propose("lost")
        one.outbox.clear()
        one.propose("not sent")
        assert [message.to for message in one.outbox if message.to == "two"] == []
        [sent] = answers(one, RaftMessage(ProgressKind.HEARTBEAT_ANSWER, "two", "one", 2))
        assert [entry.what for entry in sent.entries] == ["lost", "not sent"]
