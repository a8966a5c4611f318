"""One manager is restored while the others run on."""

from collections.abc import Mapping

import pytest

from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.observe import held_states, starts
from swarmdrill.observe.engine_state import panicked
from swarmdrill.observe.held_states import Holds, make_newest_state, make_old_state
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.live import restore_alone
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.raft.model import Fate, Prediction, StartOutcome
from swarmdrill.swarm.cluster import Cluster

PANIC = "is out of range"


@scenario(
    id="restore-a-follower-while-the-others-run",
    title=said("Restore a follower while the others run"),
    claims=("moby#29180", "D6"),
    severity="critical",
    restarts=1,
)
@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
def test_restore_a_follower_while_the_others_run(cluster: Cluster, procedure: DocumentProcedure, which: int) -> None:
    """Its leader knows that it has had more, and tells it to commit what it no longer has: its engine panics.

    It panics at each start as long as the same manager leads, unless a new entry reaches it before the heartbeat: then
    it says what it lacks, and gets it. A new leader knows nothing of what it had, sends what it lacks, and it has the
    newest state, as everybody has.
    """
    make_old_state(cluster)
    mark = cluster.mark(cluster.managers)
    backup = procedure.backup(cluster)
    begun = starts.read(mark)
    make_newest_state(cluster)
    leader, victim = cluster.leader(), cluster.followers()[which]

    mark = cluster.mark([victim])
    restore_alone(procedure, cluster, victim, backup)
    first = panicked(cluster, victim, mark, PANIC)
    again = ""
    if first:
        mark = cluster.mark([victim])
        with phase("start {victim} again", victim=victim):
            victim.start_docker()
        again = panicked(cluster, victim, mark, PANIC)
    seen = said(
        "first start: {first}; second start: {second}",
        first=first or said("no panic"),
        second=again or (said("no panic") if first else said("not needed")),
    )
    trace.trial(
        said("panics at each start") if again else said("panics once") if first else said("catches up without a panic"),
        {said("leader"): leader.name, said("restored"): victim.name},
    )
    expect(("moby#29180",), said("its engine panics"), holds=bool(first), observed=seen)
    with phase("another manager becomes the leader"):
        leader.stop_docker()
        leader.start_docker()
    with expecting((), said("under another leader it starts")) as ready:
        victim.start_docker()
        cluster.wait_ready()
        ready.append(
            said("all managers are ready; {now} leads, {before} led before", now=cluster.leader(), before=leader)
        )
    found = held_states.settled_states(cluster)
    expect_newest(found)
    allowed = begun.prediction_for_one(leader.name, victim.name)
    expect_allowed(allowed, found, Fate.PANIC if first else Fate.ALIKE)


@scenario(
    id="restore-the-leader-while-the-others-run",
    title=said("Restore the leader while the others run"),
    claims=("D6",),
    severity="critical",
    restarts=1,
)
def test_restore_the_leader_while_the_others_run(cluster: Cluster, procedure: DocumentProcedure) -> None:
    """Another manager leads as soon as it stops, and knows nothing of what it had: it follows, without a panic."""
    make_old_state(cluster)
    mark = cluster.mark(cluster.managers)
    backup = procedure.backup(cluster)
    begun = starts.read(mark)
    make_newest_state(cluster)
    victim = cluster.leader()

    restore_alone(procedure, cluster, victim, backup)
    with expecting(
        ("D6",), said("every manager has the newest state although {victim}, the leader, was restored", victim=victim)
    ):
        cluster.wait_ready()
        found = held_states.settled_states(cluster)
    expect_newest(found)
    expect_allowed(begun.prediction_for_one(victim.name, victim.name), found, Fate.ALIKE)


def expect_allowed(allowed: Prediction, found: Mapping[str, Holds], fate: Fate) -> None:
    """The verdict on the model: what happened is among what it says can happen."""
    trace.observe(said("what the model allows"), allowed.why)
    observed = StartOutcome(held_states.common_state(found), fate)
    possible = [said("{history}, {fate}", history=outcome.history, fate=outcome.fate) for outcome in allowed.possible]
    expect(
        (),
        said("what the model allows: {possible:;}", possible=sorted(possible)),
        holds=allowed.allows(observed),
        observed=said("{history}, {fate}", history=observed.history, fate=observed.fate),
    )


def expect_newest(found: Mapping[str, Holds]) -> None:
    """The verdict on D6: the newest state is what every manager shows."""
    expect(
        ("D6",),
        said("the newest state on every manager"),
        holds=held_states.common_state(found) == str(Holds.NEWEST),
        observed=held_states.describe(found),
    )
