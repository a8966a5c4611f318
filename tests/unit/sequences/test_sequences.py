"""Random sequences: what is made of drawn actions, and the books that are kept while they are played."""

import random
from collections.abc import Mapping

import pytest

from swarmdrill.base.errors import ClaimRefuted
from swarmdrill.raft.model import Log, Prediction, predict
from swarmdrill.sequences.actions import Action, ActionKind, restores_something_else, steps_of, tell
from swarmdrill.sequences.ledger import Holding, Ledger, Seen
from swarmdrill.sequences.play import Contradiction, play
from swarmdrill.sequences.simulated import SimulatedSubject

NAMES = ("manager1", "manager2", "manager3")
OLD, NEW = Log(2, 2, 24, 24, ""), Log(3, 3, 46, 46, "")


def do(kind: ActionKind, *numbers: int) -> Action:
    return Action(kind, tuple(f"manager{number}" for number in numbers))


def told(*drawn: Action, names: tuple[str, ...] = NAMES) -> str:
    return tell(steps_of(drawn, names))


def seen(leader: int, *marks: str) -> Seen:
    return Seen(f"manager{leader}", frozenset(marks))


class TestSteps:
    def test_the_example_of_the_docs(self) -> None:
        drawn = [do(ActionKind.DEPLOY), do(ActionKind.BACK_UP, 1, 2), do(ActionKind.CHANGE), do(ActionKind.RESTORE, 1)]
        assert told(*drawn) == (
            "deploy (deploy-1); back up manager1 and manager2; change (change-1); stop all; restore manager1; start all"
        )

    def test_everybody_runs_where_a_leader_is_needed(self) -> None:
        assert told(do(ActionKind.STOP), do(ActionKind.CHANGE)) == "stop all; start all; change (change-1)"
        assert told(do(ActionKind.STOP), do(ActionKind.RESTART_LEADER)) == "stop all; start all; restart the leader"

    def test_a_backup_is_taken_of_who_is_stopped_too(self) -> None:
        assert told(do(ActionKind.STOP), do(ActionKind.BACK_UP, 2)) == "stop all; back up manager2; start all"

    @pytest.mark.parametrize(
        "drawn",
        [
            [],
            [do(ActionKind.START)],
            [do(ActionKind.RESTORE, 1, 2)],
        ],
    )
    def test_what_has_no_sense_is_left_out(self, drawn: list[Action]) -> None:
        assert told(*drawn) == ""

    def test_only_who_was_backed_up_is_restored(self) -> None:
        assert "restore manager2;" in told(
            do(ActionKind.BACK_UP, 2, 3), do(ActionKind.CHANGE), do(ActionKind.RESTORE, 1, 2)
        )

    @pytest.mark.parametrize(("managers", "steps"), [(1, ""), (2, ""), (3, "restart the leader")])
    def test_a_leader_is_restarted_where_others_are_a_majority(self, managers: int, steps: str) -> None:
        assert told(do(ActionKind.RESTART_LEADER), names=NAMES[:managers]) == steps

    def test_marks_differ(self) -> None:
        assert told(do(ActionKind.CHANGE), do(ActionKind.DEPLOY), do(ActionKind.CHANGE)) == (
            "change (change-1); deploy (deploy-1); change (change-2)"
        )

    @pytest.mark.parametrize(
        ("drawn", "expected"),
        [
            ([do(ActionKind.BACK_UP, 1), do(ActionKind.CHANGE), do(ActionKind.RESTORE, 1)], True),
            ([do(ActionKind.CHANGE), do(ActionKind.BACK_UP, 1), do(ActionKind.RESTORE, 1)], False),
            (
                [
                    do(ActionKind.BACK_UP, 1),
                    do(ActionKind.CHANGE),
                    do(ActionKind.BACK_UP, 1),
                    do(ActionKind.RESTORE, 1),
                ],
                False,
            ),
            ([do(ActionKind.BACK_UP, 1), do(ActionKind.CHANGE)], False),
        ],
    )
    def test_what_a_restore_can_show(self, drawn: list[Action], expected: bool) -> None:
        assert restores_something_else(steps_of(drawn, NAMES)) is expected


class TestLedger:
    def contested(self) -> Ledger:
        """Two of three have a backup that is older by one change, and nobody has started yet."""
        ledger = Ledger(NAMES, "manager1")
        ledger.backed_up(NAMES[:2])
        ledger.changed("change-1", seen(1, "change-1"))
        ledger.restored(NAMES[:2])
        return ledger

    def start(self, ledger: Ledger, shown: Seen) -> None:
        logs = {"manager1": OLD, "manager2": OLD, "manager3": NEW}
        ledger.started(ledger.predict(logs, predict), shown)

    def test_the_model_is_told_what_each_log_holds(self) -> None:
        told: dict[str, str] = {}

        def model(logs: Mapping[str, Log]) -> Prediction:
            told.update({name: log.history for name, log in logs.items()})
            return predict(logs)

        self.contested().predict({"manager1": OLD, "manager2": OLD, "manager3": NEW}, model)
        assert told == {"manager1": "nothing", "manager2": "nothing", "manager3": "change-1"}

    @pytest.mark.parametrize("shown", [seen(1), seen(3, "change-1")])
    def test_either_state_may_rule(self, shown: Seen) -> None:
        self.start(self.contested(), shown)

    def test_no_other_state_may(self) -> None:
        with pytest.raises(ClaimRefuted, match=r"shows change-2; allowed: change-1; or nothing"):
            self.start(self.contested(), seen(3, "change-2"))

    def test_a_minority_of_old_logs_may_not_rule(self) -> None:
        ledger = self.contested()
        ledger.directories["manager2"] = ledger.directories["manager3"]
        prediction = ledger.predict({"manager1": OLD, "manager2": NEW, "manager3": NEW}, predict)
        with pytest.raises(ClaimRefuted, match=r"shows nothing; allowed: change-1$"):
            ledger.started(prediction, seen(1))

    def test_after_that_it_is_uncertain_what_the_others_hold(self) -> None:
        ledger = self.contested()
        self.start(ledger, seen(1))
        assert not ledger.in_line
        assert ledger.directories["manager1"].holding == Holding.of(())
        assert ledger.directories["manager3"].holding.describe() == "nothing, perhaps change-1"
        ledger.changed("change-2", seen(1, "change-2"))
        ledger.goes_on(seen(3, "change-1"), without="manager1")

    def test_but_not_what_the_leader_shows(self) -> None:
        ledger = self.contested()
        self.start(ledger, seen(1))
        with pytest.raises(ClaimRefuted):
            ledger.changed("change-2", seen(1, "change-1", "change-2"))

    def test_who_was_stopped_does_not_lead(self) -> None:
        ledger = self.contested()
        self.start(ledger, seen(3, "change-1"))
        with pytest.raises(ClaimRefuted):
            ledger.goes_on(seen(1, "change-9"), without="manager3")

    def test_restoring_all_makes_it_certain_again(self) -> None:
        ledger = Ledger(NAMES, "manager1")
        ledger.backed_up(NAMES)
        ledger.changed("change-1", seen(1, "change-1"))
        ledger.restored(NAMES[:2])
        self.start(ledger, seen(1))
        ledger.restored(NAMES)
        assert ledger.in_line
        ledger.started(ledger.predict(dict.fromkeys(NAMES, OLD), predict), seen(2))
        assert ledger.in_line

    def test_a_change_that_is_lost(self) -> None:
        with pytest.raises(ClaimRefuted, match=r"shows nothing; allowed: change-1"):
            Ledger(NAMES, "manager1").changed("change-1", seen(1))

    def test_another_leader_shows_the_same(self) -> None:
        ledger = Ledger(NAMES, "manager1")
        ledger.changed("change-1", seen(1, "change-1"))
        ledger.goes_on(seen(2, "change-1"), without="manager1")
        with pytest.raises(ClaimRefuted):
            ledger.goes_on(seen(3), without="manager2")


class TestPlay:
    def subject(self, seed: int) -> SimulatedSubject:
        return SimulatedSubject(NAMES, random.Random(seed))

    def test_the_steps_up_to_the_contradiction_are_told(self) -> None:
        def nothing_is_allowed(logs: Mapping[str, Log]) -> Prediction:
            return Prediction(frozenset(), frozenset(), "")

        steps = steps_of([do(ActionKind.CHANGE), do(ActionKind.STOP), do(ActionKind.CHANGE)], NAMES)
        with pytest.raises(Contradiction) as found:
            play(steps, self.subject(1), nothing_is_allowed)
        assert str(found.value).startswith("change (change-1); stop all; start all: manager")
        assert found.value.steps == steps[:3]

    @pytest.mark.parametrize("seed", range(6))
    def test_two_of_three_restored_and_another_leader(self, seed: int) -> None:
        drawn = [
            do(ActionKind.BACK_UP, 1, 2),
            do(ActionKind.CHANGE),
            do(ActionKind.RESTORE, 1, 2),
            do(ActionKind.RESTART_LEADER),
        ]
        play(steps_of(drawn, NAMES), self.subject(seed), predict)
