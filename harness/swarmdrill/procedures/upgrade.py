"""Machines get another engine version and keep their state: all at once, or one after another."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import UNSAID, Message, said
from swarmdrill.base.waiting import reached
from swarmdrill.machines import registry, vagrant
from swarmdrill.machines.build import releases
from swarmdrill.raft.elections import ElectionKind, events
from swarmdrill.swarm.boot import require_version
from swarmdrill.swarm.cluster import ELECTION_SECONDS, Cluster
from swarmdrill.swarm.listing import rows
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineError, short

# From when a leader is told to stop, which takes it up to 11 s, and two draws of SwarmKit's election time-out (10 to
# 20 s): one election that nobody wins is bad luck.
LEADERLESS_SECONDS = 60


@dataclass(frozen=True)
class EngineChange:
    """A change of engine: the version `before` and the version `after`."""

    before: str
    after: str

    def describe(self) -> Message:
        """One line: from which version to which."""
        return said("{before} to {after}", before=self.before, after=self.after)


def to_newest(run: str) -> EngineChange:
    """From the run's engine to the newest in the catalogue; to that from the one before it where it is the run's.

    Raises UsageProblem where the run's engine is in no catalogue, as the others do.
    """
    known = list(releases.releases())
    releases.release(run)
    return EngineChange(run if run != known[-1] else known[-2], known[-1])


def back(run: str) -> EngineChange:
    """The way back of `to_newest`."""
    path = to_newest(run)
    return EngineChange(path.after, path.before)


def from_oldest(run: str) -> EngineChange:
    """From the oldest engine in the catalogue to the run's; from that to the next one where it is the run's."""
    known = list(releases.releases())
    releases.release(run)
    return EngineChange(known[0], run if run != known[0] else known[1])


def provide(cluster: Cluster, version: str) -> str:
    """Build what machines with that engine are made from where it is missing, before it is needed; return its name.

    Raises LabBroken when that fails.
    """
    provider = registry.of_lab(cluster.lab)
    try:
        return provider.prepare(releases.release(version))
    except UsageProblem as problem:
        raise LabBroken(
            said("there can be no machine with Docker {version}: {problem}", version=version, problem=problem)
        ) from problem


def change_engine(cluster: Cluster, machines: Sequence[Machine], version: str) -> None:
    """Stop docker on all `machines`, give them that engine version, and wait until their engines answer.

    What is in /var/lib/docker stays, as do names, addresses and the engines' logs; it is what installing another
    version of Docker's packages comes to. Raises LabBroken when a machine cannot be had, ConditionNotMet when an
    engine does not start on what the other one left.
    """
    names = [machine.name for machine in machines]
    made_from = provide(cluster, version)
    with trace.phase(
        "{names:,}: Docker {version} in the place of the engine that is there", names=names, version=version
    ):
        cluster.stop_docker(machines)
        logs = cluster.on_each(lambda machine: machine.saved_log(), machines)
        cluster.disconnect(machines)
        cluster.lab.plan_engine(names, version, made_from)
        vagrant.exchange(cluster.lab, names, cluster.clock)
        cluster.on_each(lambda machine: machine.keep_log(logs[machine.name]), machines)
        cluster.wait_engines(machines)
        cluster.on_each(lambda machine: require_version(machine.engine, version), machines)


@dataclass(frozen=True)
class Upgraded:
    """What the upgrade of one manager of several came to.

    `seconds` passed from its stop until every manager was ready. `leaderless` seconds of these passed until the others
    had the leader that they have now, None where they held no election. `problem` is empty, or what was not reached.
    """

    machine: str
    seconds: float
    leaderless: float | None
    problem: Message

    def stuck(self, limit: float) -> bool:
        """Whether it did not come back, or the others had no leader for more than `limit` seconds."""
        return bool(self.problem) or (self.leaderless or 0.0) > limit

    def describe(self) -> Message:
        """One line: whether and when it was back, and what the others did meanwhile."""
        election = said("no election")
        if self.leaderless is not None:
            election = said("another leader after {seconds:.1f} s", seconds=self.leaderless)
        if self.problem:
            return said(
                "{machine} is not back after {seconds:.1f} s, {election}: {problem}",
                machine=self.machine,
                seconds=self.seconds,
                election=election,
                problem=self.problem,
            )
        return said(
            "{machine} is back after {seconds:.1f} s, {election}",
            machine=self.machine,
            seconds=self.seconds,
            election=election,
        )


def upgrade(cluster: Cluster, machine: Machine, version: str) -> Upgraded:
    """Give one manager that engine version while the others run, and wait until every manager is ready again.

    Every manager has to list it with that version, so it has joined in since. Raises LabBroken when the machine
    cannot be had.
    """
    others = [manager for manager in cluster.managers if manager != machine]
    mark = cluster.mark(others)
    begun, started = time.time(), time.monotonic()

    def back() -> Message:
        change_engine(cluster, [machine], version)
        wait_listed(cluster, machine, version)
        cluster.wait_ready()
        return UNSAID

    there, problem = reached(back)
    seconds = time.monotonic() - started
    texts = mark.since()
    return Upgraded(machine.name, seconds, leaderless(list(texts.values()), begun), UNSAID if there else problem)


def longest_leaderless(cluster: Cluster) -> float:
    """For how many seconds the others may have no leader, scaled: it is a limit, and no wait does that."""
    return cluster.clock.seconds(LEADERLESS_SECONDS)


def leaderless(logs: Sequence[str], begun: float) -> float | None:
    """How long after `begun`, in seconds since 1970, the last manager of `logs` got the leader that it has now.

    `logs` are dockerd logs from `begun` on, by the same clock. None where all of them kept the leader that they had.
    """
    elected = [
        event.time
        for text in logs
        for event in events(text)
        if event.kind in (ElectionKind.ELECTED, ElectionKind.LEADER_CHANGED)
    ]
    return max(elected) - begun if elected else None


def wait_listed(cluster: Cluster, machine: Machine, version: str) -> None:
    """Wait until every manager lists the machine with that engine version, which it says when it has joined in.

    Raises ConditionNotMet with what they list after 120 s (scaled).
    """

    def other_version(manager: Machine) -> Message:
        engine = manager.engine
        try:
            nodes = rows(engine, "node", "ls", why=said("read the engine version of {machine}", machine=machine))
        except EngineError as problem:
            return said("{manager} says {words}", manager=manager, words=short(problem.stderr))
        listed = "".join(node["EngineVersion"] for node in nodes if node["Hostname"] == machine.name)
        if listed.split("+")[0] == version:
            return UNSAID
        if not listed:
            return said("{manager} lists no version of {machine}", manager=manager, machine=machine)
        return said("{manager} lists {machine} with {version}", manager=manager, machine=machine, version=listed)

    cluster.wait_for_each(
        said("every manager lists {machine} with Docker {version}", machine=machine, version=version),
        other_version,
        seconds=ELECTION_SECONDS,
        last_words=cluster.describe_views,
    )
