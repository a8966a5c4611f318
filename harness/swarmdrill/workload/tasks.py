"""The tasks of a service: as a manager lists them, and what one answers where it runs."""

import json
import re
import shlex
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import Message, quoted, said
from swarmdrill.base.waiting import Answer, Done, Never, NotYet, once
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.listing import running_tasks
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineError, EngineSilent, short

# For a task to run, and for what runs in it to answer.
ANSWER_SECONDS = 120
STAY_SECONDS = 30
# What an engine says of a container that has ended (moby daemon/exec.go, daemon/container.go).
GONE = ("No such container", "is not running")

_TASK = "{{.ID}} {{.Status.State}} {{.DesiredState}} {{.NodeID}}"
# As clients say it of one that is not there: 20.10 in words of its own, 26 in the daemon's.
_TASK_GONE = re.compile(r"no such task|task \S+ not found", re.IGNORECASE)


@dataclass(frozen=True)
class TaskView:
    """A task as a manager lists it: its state, the one that it should be in, and the id of its node, if it has one."""

    id: str
    state: str
    desired: str
    node: str = ""


def listed(machine: Machine, name: str) -> tuple[TaskView, ...]:
    """Every task of the service that this manager still lists. Raises EngineRefused where it has no leader.

    One that goes between the list and the look at it is left out.
    """
    engine = machine.engine
    ids = (
        engine.docker("service", "ps", "--no-trunc", "--quiet", name, why=said("list the tasks of {name}", name=name))
        .or_raise()
        .split()
    )
    if not ids:
        return ()
    told = engine.docker("inspect", "--type", "task", "--format", _TASK, *ids, why=said("read the state of each task"))
    if not all(_TASK_GONE.search(line) for line in told.stderr.splitlines()):
        told.or_raise()
    return tuple(TaskView(*line.split()) for line in told.stdout.splitlines())


def describe(found: Sequence[TaskView]) -> Message:
    """All tasks on one line: the state that each is in, and the one that it should be in."""
    if not found:
        return said("no task")
    return said(
        "{tasks:,}", tasks=[said("{state}, should be {desired}", state=t.state, desired=t.desired) for t in found]
    )


def none_on(through: Machine, name: str, node: str) -> Answer[Message]:
    """No task of the service that should run is on the node of that id."""
    # One that takes another's place should be ready before it should run (swarmkit, orchestrator/restart).
    wanted = [task for task in listed(through, name) if task.desired in ("ready", "running")]
    if not wanted:
        raise LabBroken(said("{through} lists no task of {name} that should run", through=through, name=name))
    there = sum(task.node == node for task in wanted)
    if not there:
        return Done(said("of {number} tasks that should run none is there", number=len(wanted)))
    if there == 1:
        return Never(said("of {number} tasks that should run 1 is there", number=len(wanted)))
    return Never(said("of {number} tasks that should run {there} are there", number=len(wanted), there=there))


def stay_off(cluster: Cluster, through: Machine, name: str, node: str) -> Message:
    """Watch for 30 s (scaled) that none of the service's tasks that should run is on the node of that id.

    A task that is only assigned to it counts. Returns what was seen last, and how long it was watched. Raises
    ConditionNotMet at once where a task comes to the node, LabBroken where the manager `through` lists none at all.
    """
    what = said("no task of {service} is on the node that returned", service=name)
    return cluster.stays(what, partial(none_on, through, name, node), seconds=STAY_SECONDS)


def none_running(through: Machine, name: str, ids: Collection[str]) -> Answer[Message]:
    """None of these tasks of the service is listed as running."""
    found = [task for task in listed(through, name) if task.id in ids]
    answer = describe(found)
    return once(answer, holds=all(task.state != "running" for task in found))


def wait_not_running(cluster: Cluster, through: Machine, name: str, ids: Collection[str]) -> Message:
    """Wait until none of these tasks of the service is listed as running; return how they are listed, if at all.

    Raises ConditionNotMet with that after 30 s (scaled), EngineRefused where the manager `through` has no leader.
    """
    what = said("{number} tasks of {service} are not listed as running", number=len(ids), service=name)
    return cluster.wait(what, partial(none_running, through, name, ids), seconds=STAY_SECONDS)


def _locate(cluster: Cluster, service: str) -> Answer[tuple[Machine, str]]:
    """The machine that the client's manager says runs the service's task, and the task's container id there."""
    try:
        found = _running_task(cluster.client, service, said("find the task of {service}", service=service))
    except EngineError as problem:
        if "no such service" in problem.stderr.lower():
            return Never(quoted(short(problem.stderr)))
        return NotYet(quoted(short(problem.stderr)))
    if found is None:
        return NotYet(said("no task of {service} runs", service=service))
    host, container = found
    return Done((cluster.machine(host), container))


def _running_task(engine: Engine, service: str, why: Message) -> tuple[str, str] | None:
    """Host name and container id of the service's running task, None where none runs."""
    for task in running_tasks(engine, "service", service, why=why):
        (found,) = json.loads(engine.docker("inspect", "--type", "task", task["ID"], why=why).or_raise())
        container = found["Status"].get("ContainerStatus", {}).get("ContainerID")
        if container:  # the state can be known before the container is
            return task["Node"], container
    return None


def in_container(cluster: Cluster, service: str, command: str, *, not_yet: frozenset[int] = frozenset()) -> str:
    """What `command` prints inside the container of the service's task, run on the node that runs the task.

    After a restore a manager lists tasks as they were, until each node has said what it runs: where the node has no
    such container, the manager is asked again. Exit statuses in `not_yet` mean that the task is not that far; any other
    but 0 ends the wait. Raises ConditionNotMet with the command's error, or with why there is no task, after 120 s
    (scaled), and at once when the service does not exist.
    """

    def ask() -> Answer[str]:
        located = _locate(cluster, service)
        if not isinstance(located, Done):
            return located
        machine, container = located.value
        try:
            done = machine.engine.typed(
                f"exec {container} {command}", why=said("run it in {service}'s container", service=service)
            )
        except EngineSilent as problem:
            return NotYet(problem.message)
        if done.exit_status == 0:
            return Done(done.stdout)
        answer = said(
            "{machine}: exit status {status}: {words}",
            machine=machine,
            status=done.exit_status,
            words=done.stderr.strip(),
        )
        gone = any(sign in done.stderr for sign in GONE)
        return NotYet(answer) if gone or done.exit_status in not_yet else Never(answer)

    return cluster.wait(
        said("{program} works in {service}", program=command.split(maxsplit=1)[0], service=service),
        ask,
        seconds=ANSWER_SECONDS,
    )


def read_files(cluster: Cluster, service: str, *paths: str) -> str:
    """What these files hold inside the container of the service's task, one after the other.

    Raises ConditionNotMet, with the error of `cat` or with why there is no task, after 120 s (scaled).
    Secrets lie in /run/secrets there, configs at the path that they were given.
    """
    return in_container(cluster, service, shlex.join(["cat", *paths]))


def served_page(cluster: Cluster, service: str) -> str:
    """What `curl localhost` prints inside the container of the service's task (steps 5b and 19).

    A server that has just started may not listen yet: curl's exit status 7, connection refused (curl(1)).
    """
    command = "curl --silent --show-error --fail localhost"
    return in_container(cluster, service, command, not_yet=frozenset({7}))
