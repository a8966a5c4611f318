"""What the backup of one manager costs the swarm that runs on meanwhile."""

import time

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.members import quorum
from swarmdrill.observe.verdicts import expect
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.pytestplugin.markers import Shape, scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.views import view_of


@scenario(
    id="back-up-leader-or-follower",
    title=said("Back up a follower, and the leader"),
    claims=("E2",),
    shape=Shape(managers=3),
    restarts=1,
)
def test_leader_or_follower(cluster: Cluster, procedure: DocumentProcedure) -> None:
    """While a follower is stopped for its backup, the leader leads on; while the leader is, another one has to."""
    leader, follower = cluster.leader(), cluster.followers()[0]
    of_follower, without_follower = back_up(cluster, procedure, follower)
    of_leader, without_leader = back_up(cluster, procedure, leader)
    expect(
        ("E2",),
        said("the backup of a follower costs no change of the leader, and the leader's does"),
        holds=of_follower == leader.name and of_leader not in (leader.name, None),
        observed=said(
            "{leader} led; while {follower} was stopped {of_follower} did, asked after {without_follower:.1f} "
            "s; while {leader} was stopped {of_leader} did, after {without_leader:.1f} s",
            leader=leader,
            follower=follower,
            of_follower=of_follower or said("nobody"),
            without_follower=without_follower,
            of_leader=of_leader or said("nobody"),
            without_leader=without_leader,
        ),
    )


def back_up(cluster: Cluster, procedure: DocumentProcedure, machine: Machine) -> tuple[str | None, float]:
    """Back one manager up; who leads as soon as the others can manage, and the seconds until then."""
    other = next(manager for manager in reversed(cluster.managers) if manager != machine)
    with phase("back up {machine}", machine=machine):
        machine.stop_docker()
        stopped = time.monotonic()
        procedure.steps.copy_away(machine)
        quorum.wait_managed(cluster, other)
        seconds, leading = time.monotonic() - stopped, view_of(other.engine).leader
        machine.start_docker()
        cluster.wait_ready()
    return leading, seconds
