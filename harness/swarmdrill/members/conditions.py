"""What is waited for of members and managers: each is asked once, and answers that it holds, or what was seen instead.

They are used with `cluster.wait` and `functools.partial`:

    cluster.wait(said("{member} is down", member=member), partial(is_down, through, member), seconds=READY_SECONDS)
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from swarmdrill.base.messages import Message, said
from swarmdrill.base.waiting import Answer, Done, NotYet, once
from swarmdrill.members import pki
from swarmdrill.swarm import listing
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineSilent, Reply
from swarmdrill.swarm.views import NodeView, describe_members, view_of

# What an engine says that cannot reach a majority: while it still tries, and once it knows.
LEADERLESS = ("does not have a leader", "deadline exceeded")


def inspected(through: Machine) -> tuple[str, ...]:
    """What `docker node inspect`, asked of one manager, says of every member, in `NodeView.describe`'s words, in order.

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


def members_are(through: Machine, wanted: Sequence[str]) -> Answer[tuple[NodeView, ...]]:
    """A manager lists exactly the members `wanted`: `NodeView.describe`'s words, in order."""
    view = view_of(through.engine)
    found = sorted(node.describe() for node in view.nodes)
    if found == list(wanted):
        return Done(view.nodes)
    return NotYet(said("{view}: {found:,}", view=view.describe(), found=found))


def inspection_shows(through: Machine, wanted: Sequence[str]) -> Answer[Message]:
    """`docker node inspect` says of exactly these members what is wanted, in the words of `members_are`."""
    found = inspected(through)
    return once(said("{members:,}", members=found), holds=found == tuple(wanted))


def is_reachable(through: Machine, member: Machine) -> Answer[Message]:
    """A manager says that the member is a reachable manager."""
    return _listed(through, member, lambda node: node.reachability == "reachable")


def is_down(through: Machine, member: Machine) -> Answer[Message]:
    """A manager says that the member is down."""
    return _listed(through, member, lambda node: node.state == "down")


def _seen(node: NodeView) -> Message:
    if node.reachability:
        return said(
            "{member} is {state} and {reachability}",
            member=node.hostname,
            state=node.state,
            reachability=node.reachability,
        )
    return said("{member} is {state}", member=node.hostname, state=node.state)


def _listed(through: Machine, member: Machine, holds: Callable[[NodeView], bool]) -> Answer[Message]:
    """What a manager lists of the member `holds`; else what it lists, or why it cannot answer."""
    view = view_of(through.engine)
    node = next((node for node in view.nodes if node.hostname == member.name), None)
    if node:
        return once(_seen(node), holds=holds(node))
    return NotYet(view.describe() if view.error else said("{member} is not listed", member=member))


def is_listed_twice(through: Machine, member: Machine) -> Answer[Message]:
    """A manager lists the member's name twice, once as down."""
    view = view_of(through.engine)
    states = [node.state for node in view.nodes if node.hostname == member.name]
    seen = view.describe() if view.error else describe_members(view.nodes)
    return once(seen, holds=len(states) == 2 and "down" in states)


def is_worker(through: Machine, member: Machine) -> Answer[None]:
    """The member is a worker, as a manager, its own engine, and its certificate say, in this order."""
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
    if role == pki.WORKER:
        return Done(None)
    return NotYet(said("{member} has the certificate of a {role}", member=member, role=role))


def knows_only(member: Machine, manager: str) -> Answer[Message]:
    """The member knows one manager only, at the address and port `manager`."""
    reply = member.engine.typed(
        "info --format '{{json .Swarm.RemoteManagers}}'", why=said("list the managers that it knows")
    )
    known = [str(found["Addr"]) for found in json.loads(reply.text) or []] if reply.done else []
    seen = said("{member} knows managers at {addresses:,}", member=member, addresses=known or said("no address"))
    return once(seen, holds=known == [manager])


def replies(ask: Callable[[], Reply], holds: Callable[[Reply], bool]) -> Answer[Reply]:
    """What a daemon replies `holds`. One that does not answer is asked again: it may be about to start."""
    try:
        reply = ask()
    except EngineSilent as problem:
        return NotYet(problem.message)
    return Done(reply) if holds(reply) else NotYet(reply.describe())


@dataclass(frozen=True)
class Elections:
    """How often managers stood for election since a moment, and how often one of them won."""

    managers: tuple[str, ...]
    candidacies: int
    wins: int

    def describe(self) -> Message:
        """One line: who stood how often, and how many elections were won."""
        return said(
            "{managers:,} stood for election {times} times since and won {wins}",
            managers=self.managers,
            times=self.candidacies,
            wins=self.wins,
        )


def stood_twice(mark: LogMark) -> Answer[Elections]:
    """The managers of `mark` have stood for election twice since, or one of them has won, as their logs say."""
    logs = mark.since().values()
    seen = Elections(
        tuple(machine.name for machine in mark.machines),
        candidacies=sum(log.count("is starting a new election") for log in logs),
        wins=sum(log.count("became leader") for log in logs),
    )
    return Done(seen) if seen.candidacies >= 2 or seen.wins else NotYet(seen.describe())
