"""Restore some of the managers: more than one, not all."""

import pytest

from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.observe import held_states, starts
from swarmdrill.observe.held_states import DISAGREE, Holds, make_newest_state, make_old_state
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import Shape, case, scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


def chosen(cluster: Cluster, restored: str | int) -> list[Machine]:
    """The managers to restore: all but one of three, or the first `n` of five in the order followers, leader."""
    order = [*cluster.followers(), cluster.leader()]
    if isinstance(restored, int):
        return order[:restored]
    spared = {"leader": order[-1], "first follower": order[0], "second follower": order[1]}[restored]
    return [machine for machine in order if machine != spared]


def five(restored: int) -> object:
    """A case of five managers."""
    return case(restored, id=f"{restored} of 5", shape=Shape(managers=5))


@scenario(id="restore-some", title=said("Restore some managers"), claims=("R1", "R2"), severity="critical", restarts=2)
@pytest.mark.parametrize(
    "restored",
    [
        pytest.param("leader", id="2 of 3, not the leader"),
        pytest.param("first follower", id="2 of 3, not the first follower"),
        pytest.param("second follower", id="2 of 3, not the second follower"),
        *(five(number) for number in (2, 3, 4)),
    ],
)
def test_restore_some(cluster: Cluster, procedure: Procedure, restored: str | int) -> None:
    """Some managers get the old state back while all are stopped. Less than a majority never wins; a majority can.

    Then another manager becomes the leader: if managers held different states all the time, that shows it, since
    each of them answers with what its leader holds.
    """
    make_old_state(cluster)
    backup = procedure.backup(cluster)
    make_newest_state(cluster)
    some = chosen(cluster, restored)
    holds = {m.name: Holds.OLD if m in some else Holds.NEWEST for m in cluster.managers}

    mark = cluster.mark(cluster.managers)
    procedure.restore(cluster, backup, only=some)
    begun = starts.read(mark)
    allowed = begun.prediction(holds)
    trace.observe(said("what the model allows"), allowed.why)
    with expecting(("R1",) if len(some) * 2 < len(cluster.managers) else (), said("all managers are ready")) as seen:
        cluster.wait_ready()
        shown = held_states.common_state(held_states.settled_states(cluster))
        seen.append(said("every manager shows {shown}", shown=shown))
    expect(
        (),
        said("what the model allows: {histories:,}", histories=sorted(allowed.histories)),
        holds=allowed.allows(shown),
        observed=said("every manager shows {shown}", shown=shown),
    )
    with phase("another manager becomes the leader"):
        cluster.change_leader()
        later = held_states.common_state(held_states.states_held(cluster))
    outcome = shown
    if later != shown:
        outcome = said("{first}, and {second} under the next leader", first=shown, second=later)
    restored_of = said("{number} of {all}", number=len(some), all=len(cluster.managers))
    trace.trial(outcome, {said("restored"): restored_of, **begun.factors(holds)})
    expect(("R1",), said("the newest state wins"), holds=shown == str(Holds.NEWEST), observed=outcome)
    expect(("R2",), said("another leader shows the same"), holds=later == shown != DISAGREE, observed=outcome)
