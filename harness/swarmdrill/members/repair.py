"""What brings a swarm back when a restart does not: a new cluster from one manager, and the others joining again."""

from collections.abc import Sequence

from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.base.waiting import Answer, Done, NotYet
from swarmdrill.members import membership
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import Reply
from swarmdrill.swarm.views import view_of

LEADER_SECONDS = 60
FORCE_SECONDS = 120


def ask_new_cluster(
    machine: Machine, *, address: str = "", port: int | None = None, data_path_port: int | None = None
) -> Reply:
    """`docker swarm init --force-new-cluster` on one manager, and nothing else; return the engine's reply.

    It is advertised at `address`, by default the machine's own. With `port` it listens there for other managers, with
    `data_path_port` for the overlay networks' traffic.
    """
    advertised = address or machine.address
    words = ["swarm init --force-new-cluster"]
    if port is not None:
        words.append(f"--listen-addr 0.0.0.0:{port}")
        advertised = f"{advertised}:{port}"
    words.append(f"--advertise-addr {advertised}")
    if data_path_port is not None:
        words.append(f"--data-path-port {data_path_port}")
    why = said("force a new cluster from this manager's state")
    return machine.engine.typed(" ".join(words), why=why, timeout=FORCE_SECONDS)


def force_new_cluster(cluster: Cluster, machine: Machine) -> None:
    """`docker swarm init --force-new-cluster` on one manager, and wait until it leads.

    It keeps what that manager knows, and makes it the only manager. Raises EngineRefused where its engine refuses,
    ConditionNotMet when it does not lead after 60 s (scaled).
    """
    with trace.step("force a new cluster on {machine}", machine=machine):
        ask_new_cluster(machine).or_raise()
        engine = machine.engine

        def leads() -> Answer[None]:
            view = view_of(engine)
            return Done(None) if view.leader == machine.name else NotYet(view.describe())

        cluster.wait(said("{machine} leads", machine=machine), leads, seconds=LEADER_SECONDS)


def forget_swarm(machine: Machine) -> None:
    """Let the engine start without its swarm and keep the swarm's state: `docker-state.json` is moved aside.

    An engine whose swarm is in error refuses to force a new one (moby daemon/cluster: "not a swarm manager"); one that
    was in no swarm takes the state that lies there.
    """
    with trace.step("{machine} forgets that it is in a swarm", machine=machine):
        machine.stop_docker()
        machine.run(
            f"mv {SWARM_DIR}/docker-state.json {SWARM_DIR}/docker-state.json.aside", why=said("forget the swarm")
        )
        machine.start_docker()


def rejoin(leader: Machine, machines: Sequence[Machine]) -> None:
    """Let `machines` leave what they know of a swarm and join `leader`'s as managers; their old entries are removed.

    Their engines run; one that has lost its state directory knows no swarm, and has none to leave. Raises
    EngineRefused when one is refused.
    """
    with trace.step("{machines:,} join {leader} again", machines=machines, leader=leader):
        old = [node.id for node in view_of(leader.engine).nodes if node.hostname != leader.name]
        for machine in machines:
            known = machine.run(
                f"test -e {SWARM_DIR}/docker-state.json", why=said("see whether it knows a swarm"), check=False
            )
            if known.exit_status == 0:
                membership.leave(machine).or_raise()
        token = membership.tokens(leader).manager
        for machine in machines:
            membership.join_with(machine, token, leader).or_raise()
        for member in old:
            leader.engine.typed(f"node demote {member}", why=said("demote what was a manager"))
            membership.remove(member, through=leader, force=True).or_raise()
