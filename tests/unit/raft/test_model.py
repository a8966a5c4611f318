"""What restored managers can lead to: each rule, with the smallest cluster that shows it."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from swarmdrill.raft.model import Fate, Log, StartOutcome, electable, predict
from swarmdrill.raft.running import predict_running

OLD = Log(2, 2, 24, 24, "old")
# The document's drill: one election between backup and restore.
NEWEST = Log(3, 3, 46, 46, "newest")


def managers(*logs: Log) -> dict[str, Log]:
    return {f"manager{number}": log for number, log in enumerate(logs, 1)}


def usual(logs: Mapping[str, Log]) -> set[tuple[str, Fate]]:
    return {(outcome.history, outcome.fate) for outcome in predict(logs).usual}


class TestAllStopped:
    @pytest.mark.parametrize(
        "logs",
        [
            managers(OLD, NEWEST, NEWEST),
            managers(OLD, OLD, NEWEST, NEWEST),
            managers(OLD, OLD, NEWEST, NEWEST, NEWEST),
            managers(OLD, OLD, OLD, NEWEST, NEWEST, NEWEST),
        ],
        ids=len,
    )
    def test_fewer_than_a_majority_of_old_logs_never_win(self, logs: Mapping[str, Log]) -> None:
        prediction = predict(logs)
        assert prediction.possible == {StartOutcome("newest", Fate.ALIKE)}
        assert not prediction.allows("old")

    def test_all_restored(self) -> None:
        assert predict(managers(OLD, OLD, OLD)).possible == {StartOutcome("old", Fate.ALIKE)}

    def test_one_election_since_the_backup_gives_equal_terms(self) -> None:
        logs = managers(OLD, OLD, NEWEST)
        assert usual(logs) == {("newest", Fate.ALIKE), ("old", Fate.DIVERGED)}
        prediction = predict(logs)
        assert prediction.allows("old")
        assert prediction.allows("newest")
        assert prediction.allows(StartOutcome("old", Fate.FROZEN))
        assert not prediction.allows(StartOutcome("old", Fate.PANIC))
        assert not prediction.allows("something else")

    def test_no_election_since_the_backup_locks_the_old_state_in(self) -> None:
        assert usual(managers(OLD, OLD, replace(NEWEST, term=2, last_term=2))) == {
            ("newest", Fate.ALIKE),
            ("old", Fate.FROZEN),
        }

    def test_more_elections_let_the_old_leader_step_down(self) -> None:
        newest = replace(NEWEST, term=4, last_term=4)
        assert usual(managers(OLD, OLD, newest)) == {("newest", Fate.ALIKE)}
        assert usual(managers(OLD, OLD, OLD, newest, newest)) == {("newest", Fate.ALIKE)}

    def test_but_that_does_not_help_one_against_many(self) -> None:
        newest = replace(NEWEST, term=4, last_term=4)
        assert usual(managers(OLD, OLD, OLD, newest)) == {("newest", Fate.ALIKE), ("old", Fate.FROZEN)}
        assert usual(managers(OLD, OLD, OLD, OLD, newest)) == {("newest", Fate.ALIKE), ("old", Fate.FROZEN)}

    def test_a_term_without_entries_does_not_protect_the_newest_log(self) -> None:
        # The leader that steps down has an entry of term 3 and does not vote for a log that ends in term 2.
        newest = replace(NEWEST, term=4, last_term=2)
        assert usual(managers(OLD, OLD, newest)) == {("newest", Fate.ALIKE), ("old", Fate.FROZEN)}

    def test_uneven_backups_leave_only_the_newer_to_be_elected(self) -> None:
        shorter = replace(OLD, last_index=22, commit=22)
        assert electable(managers(shorter, OLD, NEWEST)) == ("manager2", "manager3")

    def test_what_is_not_committed_is_replaced(self) -> None:
        tail = replace(OLD, last_index=26, history="newest")
        assert ("old", Fate.ALIKE) in usual(managers(OLD, OLD, tail))

    def test_rolling_backups(self) -> None:
        first, second, third = OLD, Log(3, 3, 35, 35, "second"), Log(4, 4, 46, 46, "third")
        logs = managers(first, second, third)
        assert electable(logs) == ("manager2", "manager3")
        assert usual(logs) == {("second", Fate.DIVERGED), ("third", Fate.ALIKE)}
        assert not predict(logs).allows("old")

    def test_one_manager(self) -> None:
        assert predict(managers(OLD)).possible == {StartOutcome("old", Fate.ALIKE)}

    def test_nobody(self) -> None:
        with pytest.raises(ValueError, match="no manager"):
            predict({})


class TestMembership:
    def test_too_few_start(self) -> None:
        three = frozenset({"manager1", "manager2", "manager3"})
        prediction = predict({"manager1": replace(OLD, members=three)})
        assert prediction.possible == {StartOutcome("", Fate.LEADERLESS)}

    def test_a_backup_of_two_members_leaves_the_third_out(self) -> None:
        two = replace(OLD, members=frozenset({"manager1", "manager2"}))
        prediction = predict(managers(two, two, NEWEST))
        assert prediction.allows(StartOutcome("old", Fate.LEFT_OUT))
        # The others do not know it, so it has one vote of three.
        assert electable(managers(two, two, NEWEST)) == ("manager1", "manager2")

    def test_a_backup_of_one_member_elects_itself(self) -> None:
        one = replace(OLD, members=frozenset({"manager1"}))
        assert electable(managers(one, NEWEST, NEWEST)) == ("manager1", "manager2", "manager3")


class TestWhy:
    def test_names_logs_terms_and_who_disagrees(self) -> None:
        why = predict(managers(OLD, OLD, NEWEST)).why
        assert "manager3: newest, 46 entries to term 3, 46 committed" in why
        assert "manager1 and manager2 can be elected. It leads at term 3, and nobody has a higher one." in why
        assert "Entries of that term are in the log of manager3 too" in why

    def test_says_who_cannot_be_elected(self) -> None:
        assert "manager1 cannot be elected" in predict(managers(OLD, NEWEST, NEWEST)).why


class TestWhileTheOthersRun:
    RESTORED_FOLLOWER = managers(OLD, NEWEST, NEWEST)

    def test_a_follower_panics_until_the_leader_changes(self) -> None:
        prediction = predict_running(self.RESTORED_FOLLOWER, "manager3", ["manager1"], {"manager1": 46})
        assert prediction.usual == {StartOutcome("newest", Fate.PANIC)}
        assert prediction.allows(StartOutcome("newest", Fate.ALIKE))
        assert "tocommit(46) is out of range [lastIndex(24)]" in prediction.why
        assert "a change of leader" in prediction.why

    def test_a_follower_that_lost_nothing_does_not(self) -> None:
        prediction = predict_running(self.RESTORED_FOLLOWER, "manager3", ["manager1"], {"manager1": 24})
        assert prediction.possible == {StartOutcome("newest", Fate.ALIKE)}

    def test_only_what_the_leader_committed_counts(self) -> None:
        logs = managers(OLD, NEWEST, replace(NEWEST, commit=24))
        assert predict_running(logs, "manager3", ["manager1"], {"manager1": 46}).usual == {
            StartOutcome("newest", Fate.ALIKE)
        }

    def test_the_leader_restored(self) -> None:
        prediction = predict_running(self.RESTORED_FOLLOWER, "manager1", ["manager1"], {})
        assert prediction.possible == {StartOutcome("newest", Fate.ALIKE)}

    def test_too_many_restored_followers_make_the_leader_step_down(self) -> None:
        logs = managers(OLD, OLD, NEWEST)
        matched = {"manager1": 46, "manager2": 46}
        prediction = predict_running(logs, "manager3", list(matched), matched)
        assert StartOutcome("newest", Fate.PANIC) in prediction.usual
        assert prediction.allows(StartOutcome("old", Fate.DIVERGED))
        assert "steps down" in prediction.why

    def test_what_cannot_be_predicted(self) -> None:
        with pytest.raises(ValueError, match="manager9, the leader"):
            predict_running(self.RESTORED_FOLLOWER, "manager9", ["manager1"], {"manager1": 46})
        with pytest.raises(ValueError, match="what manager1 had before"):
            predict_running(self.RESTORED_FOLLOWER, "manager3", ["manager1"], {})
