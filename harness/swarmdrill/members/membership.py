"""Who belongs to the swarm: promote, demote, remove, leave, join with a token."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swarmdrill.base.messages import Message, quoted, said
from swarmdrill.base.waiting import Answer, Done, NotYet, reached
from swarmdrill.members import pki
from swarmdrill.swarm import listing
from swarmdrill.swarm.cluster import READY_SECONDS, Cluster
from swarmdrill.swarm.formation import join_token
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import Reply
from swarmdrill.swarm.views import NodeView, nodes_of, view_of


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
    """Make both tokens anew, and return them. Raises as `tokens` does."""
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


def wait_told(cluster: Cluster, member: Machine, manager: str) -> Message:
    """Wait until a member knows one manager only, at the address and port `manager`; return what it knows.

    A manager tells it when its session begins, soon after it has joined. Raises ConditionNotMet with what it knows
    after 90 s (scaled).
    """

    def condition() -> Answer[Message]:
        reply = member.engine.typed(
            "info --format '{{json .Swarm.RemoteManagers}}'", why=said("list the managers that it knows")
        )
        known = [str(found["Addr"]) for found in json.loads(reply.text) or []] if reply.done else []
        answer = said("{member} knows managers at {addresses:,}", member=member, addresses=known or said("no address"))
        return Done(answer) if known == [manager] else NotYet(answer)

    what = said("{member} is told of the manager at {address}", member=member, address=manager)
    return cluster.wait(what, condition, seconds=READY_SECONDS)


def remove(member: str, *, through: Machine, force: bool = False) -> Reply:
    """`docker node rm` of a member by name or id, asked of the manager `through`."""
    return through.engine.typed(f"node rm{' --force' if force else ''} {member}")


def wait_members(cluster: Cluster, through: Machine, what: Message, states: dict[str, str]) -> tuple[NodeView, ...]:
    """Wait until a manager lists exactly these members: `states` maps names to what `describe_member` says.

    Returns the list. Raises ConditionNotMet with what it lists after 90 s (scaled).
    """
    wanted = sorted(f"{name} {state}" for name, state in states.items())

    def condition() -> Answer[tuple[NodeView, ...]]:
        view = view_of(through.engine)
        found = sorted(describe_member(node) for node in view.nodes)
        return (
            Done(view.nodes)
            if found == wanted
            else NotYet(said("{view}: {found:,}", view=view.describe(), found=found))
        )

    return cluster.wait(what, condition, seconds=READY_SECONDS)


def wait_inspected(cluster: Cluster, through: Machine, what: Message, states: dict[str, str]) -> Message:
    """Wait until `docker node inspect` says of exactly these members what `states` says, as with `wait_members`.

    Returns what it says of each. Raises ConditionNotMet with that after 90 s (scaled).
    """
    wanted = sorted(f"{name} {state}" for name, state in states.items())

    def condition() -> Answer[Message]:
        found = inspected(through)
        seen = said("{members:,}", members=found)
        return Done(seen) if list(found) == wanted else NotYet(seen)

    return cluster.wait(said("{what}, inspected", what=what), condition, seconds=READY_SECONDS)


def inspected(through: Machine) -> tuple[str, ...]:
    """What `docker node inspect`, asked of one manager, says of every member, in `describe_member`'s words, in order.

    The list of members is `docker node ls`'s, their `.Status.State` and `.ManagerStatus.Reachability` are not. Raises
    EngineError where that manager does not tell.
    """
    why = said("read state and reachability of each member")
    details = listing.details(through.engine, "node", why=why)
    return tuple(sorted(_inspected(node) for node in details))


def _inspected(node: Mapping[str, Any]) -> str:
    reachability = (node.get("ManagerStatus") or {}).get("Reachability", "")
    words = (node["Description"]["Hostname"], node["Status"]["State"], reachability)
    return " ".join(word for word in words if word)


def describe_member(node: NodeView) -> str:
    """A member in a few words: name, state, and for a manager whether it is reachable: `manager2 ready reachable`."""
    return " ".join(word for word in (node.hostname, node.state, node.reachability) if word)


def seen_reachable(cluster: Cluster, through: Machine, member: Machine) -> tuple[bool, Message]:
    """Whether a manager says within 90 s (scaled) that another one is reachable, and what it said last."""

    def condition() -> Answer[Message]:
        node, answer = _look_up(through, member)
        return Done(answer) if node and node.reachability == "reachable" else NotYet(answer)

    what = said("{member} is a reachable manager", member=member)
    return reached(lambda: cluster.wait(what, condition, seconds=READY_SECONDS))


def _look_up(through: Machine, member: Machine) -> tuple[NodeView | None, Message]:
    """What a manager lists of a member, if anything, and the same in words; or why it cannot answer."""
    view = view_of(through.engine)
    node = next((node for node in view.nodes if node.hostname == member.name), None)
    if node:
        return node, quoted(describe_member(node))
    return None, view.describe() if view.error else said("{member} is not listed", member=member)


def wait_worker(cluster: Cluster, through: Machine, member: Machine) -> None:
    """Wait until a demoted member is a worker, as a manager, its own engine, and its certificate say.

    The certificate is the last: a member that is stopped between the two starts as a manager again, with an empty log
    (docs/findings.md). Raises ConditionNotMet after 90 s (scaled).
    """

    def condition() -> Answer[None]:
        view = view_of(through.engine)
        node = next((node for node in view.nodes if node.hostname == member.name), None)
        if node is None or node.reachability:
            return NotYet(view.describe())
        reply = member.engine.typed(
            "info --format '{{.Swarm.ControlAvailable}}'", why=said("see whether it is still a manager")
        )
        if reply.text != "false":
            return NotYet(said("{member} says it is a manager: {text}", member=member, text=reply.text))
        role = pki.certificate(member).role
        return (
            Done(None)
            if role == pki.WORKER
            else NotYet(said("{member} has the certificate of a {role}", member=member, role=role))
        )

    cluster.wait(said("{member} is a worker", member=member), condition, seconds=READY_SECONDS)


def members(through: Machine) -> tuple[NodeView, ...]:
    """Every member as a manager lists it. Raises EngineRefused where it has no leader."""
    return nodes_of(through.engine, why=said("list the members"))


def describe_members(nodes: Sequence[NodeView]) -> Message:
    """All members on one line."""
    return said("{members:,}", members=[describe_member(node) for node in nodes])


def wait_lost(cluster: Cluster, through: Machine, member: Machine) -> Message:
    """Wait until a manager says that a member whose engine runs is down; return what it says.

    Raises ConditionNotMet with what it last said after 90 s (scaled).
    """

    def condition() -> Answer[Message]:
        node, answer = _look_up(through, member)
        return Done(answer) if node and node.state == "down" else NotYet(answer)

    return cluster.wait(said("{member} is down", member=member), condition, seconds=READY_SECONDS)


def wait_twice(cluster: Cluster, through: Machine, member: Machine) -> Message:
    """Wait until a manager lists a member's name twice, once as down; return the list.

    Raises ConditionNotMet with what it lists after 90 s (scaled).
    """

    def condition() -> Answer[Message]:
        view = view_of(through.engine)
        states = [node.state for node in view.nodes if node.hostname == member.name]
        answer = view.describe() if view.error else describe_members(view.nodes)
        return Done(answer) if len(states) == 2 and "down" in states else NotYet(answer)

    return cluster.wait(said("{member} is listed twice", member=member), condition, seconds=READY_SECONDS)
