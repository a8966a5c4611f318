"""Who belongs to the swarm: promote, demote, remove, leave, join with a token."""

from dataclasses import dataclass, field
from functools import partial

from swarmdrill.base.messages import Message, said
from swarmdrill.base.waiting import reached
from swarmdrill.members import conditions
from swarmdrill.swarm.cluster import READY_SECONDS, Cluster
from swarmdrill.swarm.formation import join_token
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import Reply
from swarmdrill.swarm.views import NodeView, nodes_of


@dataclass(frozen=True)
class Tokens:
    """The join tokens as one manager has them. They are secret, and never leave this object but in a join."""

    manager: str
    worker: str

    def __repr__(self) -> str:
        return "Tokens(...)"


def tokens(machine: Machine) -> Tokens:
    """Both join tokens. Raises EngineRefused where the manager has no leader."""
    return Tokens(join_token(machine, "manager"), join_token(machine, "worker"))


def rotate_tokens(machine: Machine) -> Tokens:
    """Make both tokens anew, and return them. Raises EngineRefused."""
    return Tokens(join_token(machine, "manager", rotate=True), join_token(machine, "worker", rotate=True))


def join_with(machine: Machine, token: str, through: Machine) -> Reply:
    """`docker swarm join` of the machine with a token, through a manager's address."""
    return machine.engine.typed(
        f"swarm join --advertise-addr {machine.address} --token {token} {through.address}:2377",
        why=said("join through {through}", through=through),
    )


def leave(machine: Machine, *, force: bool = True) -> Reply:
    """`docker swarm leave` on the machine, which forgets the swarm; the swarm keeps its entry."""
    return machine.engine.typed(f"swarm leave{' --force' if force else ''}", why=said("leave the swarm"))


def demote(member: Machine, *, through: Machine) -> Reply:
    """`docker node demote` of a member, asked of the manager `through`."""
    return through.engine.typed(f"node demote {member.name}")


def promote(member: Machine, *, through: Machine) -> Reply:
    """`docker node promote` of a member, asked of the manager `through`."""
    return through.engine.typed(f"node promote {member.name}")


def listed_address(machine: Machine) -> str:
    """Address and port at which a manager lists itself; what its engine says where it does not answer."""
    asked = machine.engine.typed(
        "node inspect self --format '{{.ManagerStatus.Addr}}'", why=said("read the address that is listed")
    )
    return asked.text


def host_of(endpoint: str) -> str:
    """The address in an address with a port, such as `10.213.0.11:2377`."""
    return endpoint.rpartition(":")[0]


@dataclass(frozen=True)
class JoinCommand:
    """What a manager tells machines to type that are to join; `address` is where they are sent, empty where nowhere.

    `line` is the command with its token, which is secret; or the engine's refusal.
    """

    address: str
    line: str = field(repr=False)


def join_command(through: Machine) -> JoinCommand:
    """`docker swarm join-token worker`: the command for workers, as a manager tells it."""
    reply = through.engine.typed("swarm join-token worker", why=said("ask where a worker is sent"))
    lines = [line.strip() for line in reply.text.splitlines()]
    if not reply.done or not lines:
        return JoinCommand("", reply.text)
    return JoinCommand(host_of(lines[-1].split()[-1]), lines[-1])


def wait_told(cluster: Cluster, member: Machine, manager: str) -> Message:
    """Wait until a member knows one manager only, at the address and port `manager`; return what it knows.

    A manager tells it when its session begins, soon after it has joined. Raises ConditionNotMet with what it knows
    after 90 s (scaled).
    """
    what = said("{member} is told of the manager at {address}", member=member, address=manager)
    return cluster.wait(what, partial(conditions.knows_only, member, manager), seconds=READY_SECONDS)


def remove(member: str, *, through: Machine, force: bool = False) -> Reply:
    """`docker node rm` of a member by name or id, asked of the manager `through`."""
    return through.engine.typed(f"node rm{' --force' if force else ''} {member}")


def wait_members(cluster: Cluster, through: Machine, what: Message, states: dict[str, str]) -> tuple[NodeView, ...]:
    """Wait until a manager lists exactly these members: `states` maps names to what `NodeView.describe` says.

    Returns the list. Raises ConditionNotMet with what it lists after 90 s (scaled).
    """
    wanted = sorted(f"{name} {state}" for name, state in states.items())
    return cluster.wait(what, partial(conditions.members_are, through, wanted), seconds=READY_SECONDS)


def wait_inspected(cluster: Cluster, through: Machine, what: Message, states: dict[str, str]) -> Message:
    """Wait until `docker node inspect` says of exactly these members what `states` says, as with `wait_members`.

    Returns what it says of each. Raises ConditionNotMet with that after 90 s (scaled).
    """
    wanted = sorted(f"{name} {state}" for name, state in states.items())
    return cluster.wait(
        said("{what}, inspected", what=what),
        partial(conditions.inspection_shows, through, wanted),
        seconds=READY_SECONDS,
    )


def seen_reachable(cluster: Cluster, through: Machine, member: Machine) -> tuple[bool, Message]:
    """Whether a manager says within 90 s (scaled) that another one is reachable, and what it said last."""
    what = said("{member} is a reachable manager", member=member)
    return reached(lambda: cluster.wait(what, partial(conditions.is_reachable, through, member), seconds=READY_SECONDS))


def wait_worker(cluster: Cluster, through: Machine, member: Machine) -> None:
    """Wait until a demoted member is a worker, as a manager, its own engine, and its certificate say.

    The certificate is the last: a member that is stopped between the two starts as a manager again, with an empty log
    (docs/findings.md). Raises ConditionNotMet after 90 s (scaled).
    """
    cluster.wait(
        said("{member} is a worker", member=member),
        partial(conditions.is_worker, through, member),
        seconds=READY_SECONDS,
    )


def members(through: Machine) -> tuple[NodeView, ...]:
    """Every member as a manager lists it. Raises EngineRefused where it has no leader."""
    return nodes_of(through.engine, why=said("list the members"))


def wait_lost(cluster: Cluster, through: Machine, member: Machine) -> Message:
    """Wait until a manager says that a member whose engine runs is down; return what it says.

    Raises ConditionNotMet with what it last said after 90 s (scaled).
    """
    return cluster.wait(
        said("{member} is down", member=member), partial(conditions.is_down, through, member), seconds=READY_SECONDS
    )


def wait_twice(cluster: Cluster, through: Machine, member: Machine) -> Message:
    """Wait until a manager lists a member's name twice, once as down; return the list.

    Raises ConditionNotMet with what it lists after 90 s (scaled).
    """
    return cluster.wait(
        said("{member} is listed twice", member=member),
        partial(conditions.is_listed_twice, through, member),
        seconds=READY_SECONDS,
    )
