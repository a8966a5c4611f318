"""What an engine says of its own part in a swarm, also when it has none."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import UNSAID, Message, in_turn, quoted, said
from swarmdrill.base.waiting import Answer, Done, NotYet, once
from swarmdrill.swarm import listing
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineError, short
from swarmdrill.swarm.views import view_of

COMPLAINT_SECONDS = 60
FAILURE_SECONDS = 60
# How far back in its log an engine that failed before it was asked may have said so.
LOG_BYTES = 20_000
PANIC = "panic"


@dataclass(frozen=True)
class SwarmState:
    """`docker info` on the swarm: `state` is active, pending, error, locked or inactive; `error` is its complaint."""

    machine: str
    state: str
    error: str

    def says(self, state: str, word: str = "") -> bool:
        """Whether the engine says that its swarm is in that state, with a complaint that has `word`."""
        return self.state == state and word in self.error

    def describe(self) -> Message:
        """One line: what the engine of which machine says."""
        state = self.state or said("nothing")
        if self.error:
            return said("{machine} says {state}: {error}", machine=self.machine, state=state, error=self.error)
        return said("{machine} says {state}", machine=self.machine, state=state)


def swarm_state(engine: Engine) -> SwarmState:
    """Ask the engine of one machine; one that does not answer has the state "" and its client's error."""
    try:
        found = listing.swarm(engine, why=said("read its own part in the swarm"))
    except EngineError as problem:
        return SwarmState(engine.name, "", short(problem.stderr))
    return SwarmState(engine.name, found["LocalNodeState"], found["Error"])


def complain(cluster: Cluster, machines: Sequence[Machine], word: str) -> Answer[Message]:
    """Each engine says that its swarm is in error, in a message that has `word`."""
    states = cluster.on_each(lambda machine: swarm_state(machine.engine), machines)
    answer = in_turn(state.describe() for state in states.values())
    complaining = all(state.says("error", word) for state in states.values())
    return once(answer, holds=complaining)


def wait_complaint(cluster: Cluster, machines: Sequence[Machine], word: str) -> Message:
    """Wait until each engine's swarm is in error and its message has `word`; return what all of them say.

    Raises ConditionNotMet with what they last said after 60 s (scaled).
    """
    return cluster.wait(
        said("{machines:,} complain of a {word}", machines=machines, word=word),
        partial(complain, cluster, machines, word),
        seconds=COMPLAINT_SECONDS,
    )


def failed(machine: Machine, mark: LogMark, word: str) -> Answer[Message]:
    """The engine says, by its answer or in its log since `mark`, that it failed, in a line with `word`."""
    state = swarm_state(machine.engine)
    if state.says("error", word):
        return Done(state.describe())
    lines = [line for line in mark.on(machine).splitlines() if word in line]
    errors = [line for line in lines if "level=error" in line or "level=fatal" in line or "failed" in line]
    return Done(quoted(errors[-1])) if errors else NotYet(state.describe())


def wait_engine_failure(cluster: Cluster, machine: Machine, word: str) -> Message:
    """Wait until the machine's engine says, by its answer or in its log, that it failed, in a line with `word`.

    Returns that line. Raises ConditionNotMet with what it last said after 60 s (scaled).
    """
    mark = cluster.mark([machine]).earlier(LOG_BYTES)
    return cluster.wait(
        said("{machine} fails on its {word}", machine=machine, word=word),
        partial(failed, machine, mark, word),
        seconds=FAILURE_SECONDS,
    )


def has_logged(machine: Machine, mark: LogMark, words: str) -> Answer[Message]:
    """The engine has logged a line with `words` since `mark`."""
    lines = mark.on(machine).splitlines()
    answer = [line.partition(" msg=")[2] or line for line in lines if words in line]
    if answer:
        return Done(quoted(answer[-1]))
    return NotYet(quoted(lines[-1]) if lines else said("nothing"))


def wait_said(cluster: Cluster, machine: Machine, mark: LogMark, words: str) -> Message:
    """Wait until the machine's engine has logged a line with `words` since `mark`; return its message.

    Raises ConditionNotMet with the last line of the log after 60 s (scaled).
    """
    return cluster.wait(
        said("{machine}'s engine says {words!r}", machine=machine, words=words),
        partial(has_logged, machine, mark, words),
        seconds=COMPLAINT_SECONDS,
    )


def processes(machine: Machine) -> tuple[int, ...]:
    """The ids of the engine's processes on the machine; none where it does not run.

    Raises LabBroken where the machine cannot tell (pgrep(1): an exit status above 1).
    """
    found = machine.run("pgrep -x dockerd", why=said("see whether the engine runs"), check=False)
    if found.exit_status > 1:
        raise LabBroken(said("{machine} cannot list its processes: {words}", machine=machine, words=found.stderr))
    return tuple(map(int, found.stdout.split()))


def disagreements(mark: LogMark) -> dict[str, tuple[str, ...]]:
    """What each engine has logged since `mark` of a state that is not the others', by machine name.

    PANIC is of an engine that ended with one, `unrecognized member` of one that met a member it does not know.
    """
    signs = {PANIC: "level=panic", "unrecognized member": "unrecognized member"}
    return {name: tuple(word for word, sign in signs.items() if sign in log) for name, log in mark.since().items()}


def panics_or_follows(machine: Machine, mark: LogMark, words: str) -> Answer[Message]:
    """The engine has ended since `mark` with a panic that has `words`, or its manager is ready in its own eyes."""
    alive = bool(processes(machine))
    # logrus writes the message with its level; Go's runtime then shows only where the entry lies in memory.
    log = mark.on(machine).splitlines()
    panics = [line.partition(" msg=")[2].split(" module=")[0] for line in log if "level=panic" in line]
    if not alive and panics and words in panics[-1]:
        return Done(quoted(panics[-1].strip('"')))
    view = view_of(machine.engine)
    if alive and view.healthy():
        return Done(UNSAID)
    return NotYet(quoted(panics[-1]) if panics else view.describe())


def panicked(cluster: Cluster, machine: Machine, mark: LogMark, words: str) -> Message:
    """Wait until the machine's engine has ended with a panic that has `words`, or follows a leader; return the panic.

    Its log is read from `mark` on. The panic's line is empty where the machine follows: its manager is
    ready in its own eyes. Raises ConditionNotMet when neither happens within 60 s (scaled).
    """
    return cluster.wait(
        said("{machine} panics or follows", machine=machine),
        partial(panics_or_follows, machine, mark, words),
        seconds=FAILURE_SECONDS,
    )


def answers(machine: Machine) -> Answer[SwarmState]:
    """The engine says something of its part in a swarm."""
    found = swarm_state(machine.engine)
    return Done(found) if found.state else NotYet(found.describe())


def settled_state(cluster: Cluster, machine: Machine) -> SwarmState:
    """What an engine says of its swarm as soon as it answers: it does so when it has started the swarm or given up.

    Source: moby cmd/dockerd/daemon.go (the API listens after the cluster's start). Raises ConditionNotMet when it does
    not answer within 60 s (scaled).
    """
    return cluster.wait(
        said("{machine}'s engine answers", machine=machine), partial(answers, machine), seconds=FAILURE_SECONDS
    )
