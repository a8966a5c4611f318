"""What is read in a dockerd log: start positions, elections, panics, whatever stands around them."""

from dataclasses import replace

import pytest

from pretended.engine_log import NOON, A, B, line
from swarmdrill.raft.elections import (
    ElectionEvent,
    ElectionKind,
    StartPosition,
    events,
    first_candidate,
    since_last_start,
    starts,
)
from swarmdrill.raft.model import Log

START = f"newRaft {A} [peers: [], term: 3, commit: 25, applied: 0, lastindex: 26, lastterm: 2]"


class TestStarts:
    def test_position(self) -> None:
        assert starts(line(START, second=31.25)) == (StartPosition(NOON + 31.25, A, 3, 25, 26, 2),)

    def test_every_start_in_order(self) -> None:
        later = START.replace("commit: 25", "commit: 26")
        assert [each.commit for each in starts("\n".join([line(START), "noise", line(later, second=9)]))] == [25, 26]

    def test_with_peers(self) -> None:
        text = line(START.replace("peers: []", f"peers: [{A},{B}]"))
        assert starts(text)[0].last_index == 26

    def test_for_the_model(self) -> None:
        assert starts(line(START))[0].log("newest") == Log(3, 2, 26, 25, "newest")

    @pytest.mark.parametrize("prefix", ["", "Nov 24 08:20:00 manager1 dockerd[123]: ", "\x1b[0m"])
    def test_whatever_stands_before_the_line(self, prefix: str) -> None:
        assert len(starts(prefix + line(START))) == 1

    def test_time_zone(self) -> None:
        assert starts(line(START).replace('00Z"', '00+01:00"'))[0].time == NOON - 3600


class TestEvents:
    @pytest.mark.parametrize(
        ("message", "kind", "term", "other"),
        [
            (START, ElectionKind.START, 3, ""),
            (f"{A} is starting a new election at term 3", ElectionKind.CAMPAIGN, 3, ""),
            (f"{A} became candidate at term 4", ElectionKind.CANDIDATE, 4, ""),
            (f"{A} became leader at term 4", ElectionKind.LEADER, 4, ""),
            (f"{A} became follower at term 4", ElectionKind.FOLLOWER, 4, ""),
            (f"raft.node: {A} elected leader {B} at term 4", ElectionKind.ELECTED, 4, B),
            (f"raft.node: {A} changed leader from {A} to {B} at term 5", ElectionKind.LEADER_CHANGED, 5, B),
            (f"raft.node: {A} lost leader {B} at term 5", ElectionKind.LEADER_LOST, 5, B),
            (
                f"{A} [logterm: 2, index: 26, vote: 0] cast MsgVote for {B} [logterm: 3, index: 30] at term 4",
                ElectionKind.VOTED,
                4,
                B,
            ),
            (
                f"{A} [logterm: 3, index: 30, vote: 0] rejected MsgVote from {B} [logterm: 2, index: 26] at term 4",
                ElectionKind.REFUSED,
                4,
                B,
            ),
            (
                f"{A} [logterm: 3, index: 30, vote: 0] ignored MsgVote from {B} [logterm: 2, index: 26] at term 4: "
                "lease is not expired (remaining ticks: 7)",
                ElectionKind.IGNORED,
                4,
                B,
            ),
            (
                f"{A} [term: 5] ignored a MsgVote message with lower term from {B} [term: 4]",
                ElectionKind.IGNORED,
                4,
                B,
            ),
            (f"{A} received MsgVoteResp from {B} at term 4", ElectionKind.GRANTED, 4, B),
            (f"{A} received MsgVoteResp rejection from {B} at term 4", ElectionKind.REFUSAL, 4, B),
            (
                f"{A} [term: 4] received a MsgAppResp message with higher term from {B} [term: 5]",
                ElectionKind.HIGHER_TERM,
                5,
                B,
            ),
            (f"{A} stepped down to follower since quorum is not active", ElectionKind.STEPPED_DOWN, 0, ""),
        ],
    )
    def test_kinds(self, message: str, kind: ElectionKind, term: int, other: str) -> None:
        assert events(line(message, second=1)) == (ElectionEvent(NOON + 1, A, kind, term, other, message),)

    def test_a_conflict_names_no_manager(self) -> None:
        message = "found conflict at index 27 [existing term: 3, conflicting term: 5]"
        assert events(line(message)) == (ElectionEvent(NOON, "", ElectionKind.CONFLICT, 5, "", message),)

    def test_an_entry_that_does_not_fit_keeps_the_reason(self) -> None:
        found = events(line("failed to apply actions from raft", level="error", fields='error="object does not exist"'))
        assert [event.kind for event in found] == [ElectionKind.MISAPPLIED]
        assert "object does not exist" in found[0].message

    @pytest.mark.parametrize(
        "message",
        [
            "tocommit(46) is out of range [lastIndex(24)]. Was the raft log corrupted, truncated, or lost?",
            "entry 25 conflict with committed entry [committed(46)]",
            "5d8 state.commit 46 is out of range [0, 24]",
        ],
    )
    def test_a_panic_counts_once(self, message: str) -> None:
        dump = "panic: (*logrus.Entry) 0xc000a3c2a0\n\ngoroutine 512 [running]:\nmain.main()"
        assert events(f"{line(message, level='panic')}\n{dump}") == (
            ElectionEvent(NOON, "", ElectionKind.PANIC, 0, "", message),
        )

    def test_a_panic_without_the_logger_has_the_time_of_the_line_before(self) -> None:
        text = f"{line(f'{A} became leader at term 4', second=5)}\npanic: need non-empty snapshot\n\ngoroutine 1:"
        assert events(text)[-1] == ElectionEvent(NOON + 5, "", ElectionKind.PANIC, 0, "", "need non-empty snapshot")

    def test_quoted_text(self) -> None:
        found = events(line(r"a \"quoted\" word", level="panic"))
        assert found[0].message == 'a "quoted" word'

    @pytest.mark.parametrize(
        "text",
        [
            "",
            line("Loading containers: start."),
            line("node is ready: became leader"),
            'time="2026-11-24T08:20:31Z" level=info msg=unquoted',
            "a container said: don't panic: all is well",
        ],
    )
    def test_nothing_else(self, text: str) -> None:
        assert events(text) == ()


def stood(at: float, *, term: int = 4) -> ElectionEvent:
    return ElectionEvent(at, A, ElectionKind.CANDIDATE, term, "", "")


STARTED = ElectionEvent(10, A, ElectionKind.START, 3, "", "")


class TestFirstCandidate:
    def test_the_earliest(self) -> None:
        seen = {"manager1": [STARTED, stood(24)], "manager2": [STARTED, stood(22), stood(39)], "manager3": [STARTED]}
        assert first_candidate(seen) == "manager2"

    def test_only_after_the_last_start(self) -> None:
        again = replace(STARTED, time=30)
        seen = {"manager1": [STARTED, stood(21), again], "manager2": [STARTED, again, stood(44)]}
        assert first_candidate(seen) == "manager2"

    def test_nobody(self) -> None:
        assert first_candidate({"manager1": [STARTED], "manager2": []}) is None

    def test_without_a_start_everything_counts(self) -> None:
        assert since_last_start([stood(1), stood(2)]) == (stood(1), stood(2))
