"""What brings a swarm back when a restart does not: a new cluster from one manager, and the others joining again."""

from collections.abc import Sequence

from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.base import trace
from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.base.waiting import Answer, Done, NotYet
from swarmdrill.members import membership
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import Reply, docker
from swarmdrill.swarm.views import view_of

LEADER_SECONDS = 60
FORCE_SECONDS = 120


def force_new_cluster(cluster: Cluster, machine: Machine) -> None:
    """`docker swarm init --force-new-cluster` on one manager, and wait until it leads.

    It keeps what that manager knows, and makes it the only manager. Raises ConditionNotMet when the engine refuses, or
    does not lead after 60 s (scaled).
    """
    with trace.step(f"force a new cluster on {machine.name}"):
        command = f"swarm init --force-new-cluster --advertise-addr {machine.address}"
        _require(docker(machine, command, why="a new cluster from this manager's state", seconds=FORCE_SECONDS))
        engine = machine.engine

        def leads() -> Answer[None]:
            view = view_of(engine)
            return Done(None) if view.leader == machine.name else NotYet(view.describe())

        cluster.wait(f"{machine.name} leads", leads, seconds=LEADER_SECONDS)


def forget_swarm(machine: Machine) -> None:
    """Let the engine start without its swarm and keep the swarm's state: `docker-state.json` is moved aside.

    An engine whose swarm is in error refuses to force a new one (moby daemon/cluster: "not a swarm manager"); one that
    was in no swarm takes the state that lies there.
    """
    with trace.step(f"{machine.name} forgets that it is in a swarm"):
        machine.stop_docker()
        machine.run(f"mv {SWARM_DIR}/docker-state.json {SWARM_DIR}/docker-state.json.aside", why="forget the swarm")
        machine.start_docker()


def rejoin(leader: Machine, machines: Sequence[Machine]) -> None:
    """Let `machines` leave what they know of a swarm and join `leader`'s as managers; their old entries are removed.

    Their engines run; one that has lost its state directory knows no swarm, and has none to leave. Raises
    ConditionNotMet when one is refused.
    """
    with trace.step(f"{', '.join(machine.name for machine in machines)} join {leader.name} again"):
        old = [node.id for node in view_of(leader.engine).nodes if node.hostname != leader.name]
        for machine in machines:
            machine.run(
                "test ! -e /var/lib/docker/swarm/docker-state.json || docker swarm leave --force",
                why="leave the swarm that is no more",
            )
        token = membership.tokens(leader).manager
        for machine in machines:
            _require(membership.join_with(machine, token, leader))
        leader.run(
            f"for id in {' '.join(old)}; do docker node demote $id >/dev/null 2>&1; docker node rm --force $id; done",
            why="remove the entries of the managers that were",
        )


def _require(reply: Reply) -> None:
    """A refusal is what Docker does with what it was asked, so it says something of a claim, and nothing of the lab."""
    if not reply.done:
        raise ConditionNotMet(reply.describe())
