"""A manager loses a part of its state directory while the others run."""

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.base.waiting import reached
from swarmdrill.faults.directories import lose_certificate, lose_log
from swarmdrill.members import membership, quorum
from swarmdrill.observe import state_directory
from swarmdrill.observe.engine_state import panicked, settled_state, wait_said
from swarmdrill.observe.held_states import BACKED_UP, make_old_state
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.pytestplugin.markers import Shape, scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.views import describe_members
from swarmdrill.workload.objects import wait_everywhere

PANIC = "is out of range"
# What a manager logs that is asked by a leader whose address it does not know (swarmkit manager/state/raft).
STRANGER = "to an unrecognized member ID"


@scenario(
    id="manager-loses-its-log",
    title=said("A manager loses its log"),
    claims=("swarmkit#1815", "moby#29180", "R8", "A7"),
    shape=Shape(managers=3),
    severity="critical",
    restarts=1,
)
def test_manager_loses_its_log(cluster: Cluster) -> None:
    """It joins under the Raft id that it had, so the swarm has no member too many. But it does not get its log back.

    Its leader knows that this member has had entries, which its empty log has not: its engine panics like one that
    was restored (moby#29180). At the next start it has a log of its own without anybody's address in it, so it can
    answer no leader. It has to go and to join anew.
    """
    leader, (victim, third) = cluster.leader(), cluster.followers()
    make_old_state(cluster)
    before = state_directory.raft_id(victim)
    with phase("{victim} loses its log", victim=victim):
        victim.stop_docker()
        lose_log(victim)
        mark = cluster.mark([victim])
        victim.start_docker()
    panic = panicked(cluster, victim, mark, PANIC)
    after, nodes = state_directory.raft_id(victim), membership.members(leader)
    expect(
        ("swarmkit#1815",),
        said("it is one more member"),
        holds=after != before or len(nodes) != len(cluster.machines),
        observed=said(
            "Raft id {after}, was {before}; {members}",
            after=after,
            before=before,
            members=describe_members(nodes),
        ),
    )
    expect(
        ("moby#29180",), said("its engine panics"), holds=bool(panic), observed=panic or said("no panic: it caught up")
    )
    with phase("its leader starts anew, and so does it"):
        leader.stop_docker()
        leader.start_docker()
        quorum.wait_managed(cluster, third)
        mark = cluster.mark([victim])
        victim.start_docker()
    answer = (
        reached(lambda: wait_said(cluster, victim, mark, STRANGER))[1]
        if panic
        else said("it caught up at its first start")
    )
    manages, reply = quorum.manages(victim)
    expect(
        ("R8",),
        said("it is brought up to date, and manages"),
        holds=manages,
        observed=said("{answer}; {reply}", answer=answer, reply=reply),
    )
    with phase("{victim} leaves, is demoted and removed", victim=victim):
        membership.leave(victim)
        membership.demote(victim, through=third)
        states = {machine.name: "ready reachable" for machine in cluster.managers} | {victim.name: "down"}
        membership.wait_members(cluster, third, said("{victim} is a worker that is down", victim=victim), states)
        membership.remove(victim.name, through=third)
    with expecting(("A7",), said("joined anew it is a manager like the others")) as seen:
        seen.append(membership.join_with(victim, membership.tokens(third).manager, third).describe())
        cluster.wait_ready()
        wait_everywhere(cluster, f"config/{BACKED_UP}")


@scenario(id="manager-loses-its-certificate", title=said("A manager loses its certificate"), claims=("swarmkit#2933",))
def test_manager_loses_its_certificate(cluster: Cluster) -> None:
    """Its engine starts in no swarm, without a word, and has deleted the log and all."""
    victim = cluster.followers()[0]
    make_old_state(cluster)
    with phase("{victim} loses its certificate", victim=victim):
        victim.stop_docker()
        before = state_directory.files(victim)
        lose_certificate(victim)
        victim.start_docker()
    state, left = settled_state(cluster, victim), state_directory.files(victim)
    expect(
        ("swarmkit#2933",),
        said("its engine is in no swarm, and nothing of the log is left"),
        holds=state.says("inactive") and not state_directory.of_the_log(left),
        observed=said(
            "{state}; {number} of {all} files are left",
            state=state.describe(),
            number=len(left),
            all=len(before),
        ),
    )
