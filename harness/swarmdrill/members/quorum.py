"""Loss of managers: for a while or for good, and what the ones that are left can still do."""

from collections.abc import Callable

from swarmdrill.base.messages import Message, of_error, said
from swarmdrill.base.waiting import Answer, Done, NotYet
from swarmdrill.swarm.cluster import ELECTION_SECONDS, Cluster
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineSilent, Reply
from swarmdrill.workload import services

NOTICED_SECONDS = 60
# What an engine says that cannot reach a majority: while it still tries, and once it knows.
LEADERLESS = ("does not have a leader", "deadline exceeded")


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

    def condition() -> Answer[Reply]:
        try:
            reply = ask(machine)
        except EngineSilent as problem:
            return NotYet(problem.message)
        return Done(reply) if reply.refused(*LEADERLESS) else NotYet(reply.describe())

    return cluster.wait(
        said("{machine} notices that the quorum is lost", machine=machine),
        condition,
        seconds=NOTICED_SECONDS,
    )


def still_running(machine: Machine, service: str) -> tuple[str, ...]:
    """Ids of the service's containers that run on the machine, as its own engine says."""
    return tuple(found.container for found in services.containers(machine) if found.service == service)


def manages(machine: Machine) -> tuple[bool, Message]:
    """Whether a manager manages now, and what it replied; one whose engine does not answer manages nothing."""
    try:
        reply = machine.engine.typed("node ls --quiet", why=said("see whether it manages"))
    except EngineSilent as problem:
        return False, of_error(problem)
    return reply.done, reply.describe()


def wait_managed(cluster: Cluster, machine: Machine) -> Reply:
    """Wait until a manager manages again, with a leader that it can reach; return its reply.

    Raises ConditionNotMet with what it last said after 120 s (scaled), the time of several elections.
    """

    def condition() -> Answer[Reply]:
        try:
            reply = machine.engine.typed("node ls --quiet", why=said("see whether it manages"))
        except EngineSilent as problem:
            return NotYet(problem.message)
        return Done(reply) if reply.done else NotYet(reply.describe())

    return cluster.wait(said("{machine} manages", machine=machine), condition, seconds=ELECTION_SECONDS)


def wait_failed_elections(cluster: Cluster, mark: LogMark) -> Message:
    """Wait until the managers of `mark` have stood for election twice since, whoever it was, and still none leads.

    One candidacy that fails may be bad luck; after the second, everybody who could vote has been asked twice. One
    manager may never stand: it waits anew whenever another one does. A manager that lost the quorum alone says so in
    its log (etcd raft: "starting a new election"). Raises ConditionNotMet with the count after 120 s (scaled).
    """

    def condition() -> Answer[Message]:
        logs = mark.since().values()
        candidacies = sum(log.count("is starting a new election") for log in logs)
        wins = sum(log.count("became leader") for log in logs)
        answer = said(
            "{managers:,} stood for election {times} times since and won {wins}",
            managers=mark.machines,
            times=candidacies,
            wins=wins,
        )
        return Done(answer) if candidacies >= 2 or wins else NotYet(answer)

    return cluster.wait(
        said("{managers:,} stood for election twice", managers=mark.machines), condition, seconds=ELECTION_SECONDS
    )
