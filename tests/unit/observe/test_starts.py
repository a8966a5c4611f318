"""What the model is told of a restart."""

from swarmdrill.observe.held_states import Holds
from swarmdrill.observe.starts import Restart
from swarmdrill.raft.elections import StartPosition
from swarmdrill.raft.model import Fate, StartOutcome

BEGUN = Restart({name: StartPosition(0, name, 3, 40, 40, 3) for name in ("manager1", "manager2", "manager3")}, None)


def test_a_follower_that_gets_less_than_it_had_panics_and_the_newest_state_rules() -> None:
    allowed = BEGUN.prediction_for_one("manager1", "manager2")
    assert allowed.usual == {StartOutcome(Holds.NEWEST, Fate.PANIC)}
    assert allowed.possible == {StartOutcome(Holds.NEWEST, Fate.PANIC), StartOutcome(Holds.NEWEST, Fate.ALIKE)}
    assert "tocommit(41) is out of range [lastIndex(40)]" in allowed.why


def test_a_leader_that_gets_less_than_it_had_panics_nobody() -> None:
    allowed = BEGUN.prediction_for_one("manager1", "manager1")
    assert allowed.histories == {Holds.NEWEST}
    assert StartOutcome(Holds.NEWEST, Fate.PANIC) not in allowed.usual
