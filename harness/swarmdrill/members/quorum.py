"""Loss of managers: for a while or for good, and what the ones that are left can still do."""

from collections.abc import Callable
from functools import partial

from swarmdrill.base.messages import Message, of_error, said
from swarmdrill.members.conditions import LEADERLESS, Elections, replies, stood_twice
from swarmdrill.swarm.cluster import ELECTION_SECONDS, Cluster
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineSilent, Reply
from swarmdrill.workload import services

NOTICED_SECONDS = 60


def wait_leaderless(cluster: Cluster, machine: Machine) -> Reply:
    """Wait until a manager refuses management since it has no leader; return the refusal, with how long it took.

    Raises ConditionNotMet with what it last said after 60 s (scaled).
    """
    return wait_refused(
        cluster, machine, lambda manager: manager.engine.typed("node ls", why=said("see whether it can still manage"))
    )


def wait_refused(cluster: Cluster, machine: Machine, ask: Callable[[Machine], Reply]) -> Reply:
    """Wait until what a manager is asked is refused since it has no leader; return the refusal.

    Raises ConditionNotMet with what it last said after 60 s (scaled).
    """
    return cluster.wait(
        said("{machine} notices that the quorum is lost", machine=machine),
        partial(replies, partial(ask, machine), lambda reply: reply.refused(*LEADERLESS)),
        seconds=NOTICED_SECONDS,
    )


def still_running(machine: Machine, service: str) -> tuple[str, ...]:
    """Ids of the service's containers that run on the machine, as its own engine says."""
    return tuple(found.container for found in services.containers(machine) if found.service == service)


def manages(machine: Machine) -> tuple[bool, Message]:
    """Whether a manager manages now, and what it replied; one whose engine does not answer manages nothing."""
    try:
        reply = _list_members(machine)
    except EngineSilent as problem:
        return False, of_error(problem)
    return reply.done, reply.describe()


def _list_members(machine: Machine) -> Reply:
    return machine.engine.typed("node ls --quiet", why=said("see whether it manages"))


def wait_managed(cluster: Cluster, machine: Machine) -> Reply:
    """Wait until a manager manages again, with a leader that it can reach; return its reply.

    Raises ConditionNotMet with what it last said after 120 s (scaled), the time of several elections.
    """
    return cluster.wait(
        said("{machine} manages", machine=machine),
        partial(replies, partial(_list_members, machine), lambda reply: reply.done),
        seconds=ELECTION_SECONDS,
    )


def wait_failed_elections(cluster: Cluster, mark: LogMark) -> Elections:
    """Wait until the managers of `mark` have stood for election twice since, whoever it was, and still none leads.

    One candidacy that fails may be bad luck; after the second, everybody who could vote has been asked twice. One
    manager may never stand: it waits anew whenever another one does. A manager that lost the quorum alone says so in
    its log (etcd raft: "starting a new election"). Raises ConditionNotMet with the count after 120 s (scaled).
    """
    return cluster.wait(
        said("{managers:,} stood for election twice", managers=mark.machines),
        partial(stood_twice, mark),
        seconds=ELECTION_SECONDS,
    )
