"""Services made by command: where their tasks run, as a manager says and as the machines themselves say."""

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import Message, said
from swarmdrill.base.waiting import Answer, Done, Never, NotYet, once
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.listing import details, running_tasks
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineError, Reply

PLACED_SECONDS = 90
STAY_SECONDS = 30
Placement = Mapping[str, int]


def create(machine: Machine, name: str, options: str = "") -> None:
    """`docker service create` of nginx with more `options`, such as `--replicas 3`. Raises EngineRefused.

    Typed on the machine, since python-on-whales 0.81.0 cannot name a service.
    """
    line = f"service create --detach --no-resolve-image --name {name} {options} nginx"
    machine.engine.typed(line, why=said("create service {name}", name=name)).or_raise()


def remove(machine: Machine, name: str) -> None:
    """`docker service rm`. Raises EngineRefused."""
    machine.engine.typed(f"service rm {name}", why=said("remove service {name}", name=name)).or_raise()


def update(machine: Machine, name: str, options: str) -> Reply:
    """`docker service update` with `options`, such as `--force`."""
    return machine.engine.typed(f"service update --detach --no-resolve-image {options} {name}")


def roll_back(machine: Machine, name: str) -> Reply:
    """`docker service rollback`: the service is what it was before its last update."""
    return machine.engine.typed(f"service rollback --detach {name}")


def placement(machine: Machine, name: str) -> Placement:
    """How many running tasks of the service each machine has, as this manager says; empty where it does not answer."""
    try:
        return Counter(
            task["Node"]
            for task in running_tasks(
                machine.engine, "service", name, why=said("list the tasks of {name} that run", name=name)
            )
        )
    except EngineError:
        return {}


def placed(through: Machine, name: str, holds: Callable[[Placement], bool]) -> Answer[Message]:
    """Where a manager says that tasks of the service run `holds`."""
    found = placement(through, name)
    return once(_describe(found), holds=holds(found))


def wait_placed(
    cluster: Cluster, through: Machine, name: str, what: Message, holds: Callable[[Placement], bool]
) -> Message:
    """Wait until a manager says that the service's running tasks are placed so that `holds`; return where they run.

    Raises ConditionNotMet with the last placement after 90 s (scaled).
    """
    return cluster.wait(
        said("{name}: {what}", name=name, what=what), partial(placed, through, name, holds), seconds=PLACED_SECONDS
    )


def run_everywhere(cluster: Cluster, through: Machine, name: str) -> None:
    """Create a service with a task on every machine; wait until all run. Raises as `create` and `wait_placed` do."""
    create(through, name, "--mode global")
    wait_everywhere(cluster, through, name)


def wait_everywhere(cluster: Cluster, through: Machine, name: str) -> Message:
    """Wait until a manager says that a task of the service runs on every machine. Raises as `wait_placed`."""
    names = {machine.name for machine in cluster.machines}
    return wait_placed(cluster, through, name, said("on every machine"), lambda found: set(found) == names)


@dataclass(frozen=True)
class TaskContainer:
    """A container of a task that a machine itself says is running, whatever any manager knows of it."""

    machine: str
    container: str
    service: str
    task: str


_FORMAT = '{{.ID}} {{.Label "com.docker.swarm.service.name"}} {{.Label "com.docker.swarm.task.id"}}'


def containers(machine: Machine) -> tuple[TaskContainer, ...]:
    """Every running container of a task on the machine, asked of its own engine. Raises EngineSilent without one."""
    own = ("--filter", "label=com.docker.swarm.task.id", "--format", _FORMAT)
    listed = machine.engine.docker("ps", "--no-trunc", *own, why=said("list the containers of tasks here")).or_raise()
    return tuple(TaskContainer(machine.name, *line.split()) for line in listed.splitlines())


def contained(cluster: Cluster, name: str, holds: Callable[[Placement], bool]) -> Answer[Message]:
    """Where the machines themselves run containers of the service `holds`."""
    running = cluster.on_each(containers, cluster.machines)
    found = Counter(one.machine for own in running.values() for one in own if one.service == name)
    return once(_describe(found), holds=holds(found))


def wait_contained(cluster: Cluster, name: str, what: Message, holds: Callable[[Placement], bool]) -> Message:
    """Wait until as many containers of the service run on each machine as `holds` says, by the machines' own engines.

    A manager may list the tasks of an engine that was stopped as running for a while. Returns where containers run.
    Raises ConditionNotMet with where they last ran after 90 s (scaled).
    """
    return cluster.wait(
        said("containers of {name}: {what}", name=name, what=what),
        partial(contained, cluster, name, holds),
        seconds=PLACED_SECONDS,
    )


def _describe(found: Placement) -> Message:
    if not found:
        return said("nothing runs")
    tasks = [said("{number} on {machine}", number=count, machine=node) for node, count in sorted(found.items())]
    return said("{tasks:,}", tasks=tasks)


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


def tasks(machine: Machine, name: str) -> tuple[TaskView, ...]:
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
    listed = engine.docker(
        "inspect", "--type", "task", "--format", _TASK, *ids, why=said("read the state of each task")
    )
    if not all(_TASK_GONE.search(line) for line in listed.stderr.splitlines()):
        listed.or_raise()
    return tuple(TaskView(*line.split()) for line in listed.stdout.splitlines())


def describe_tasks(found: Sequence[TaskView]) -> Message:
    """All tasks on one line: the state that each is in, and the one that it should be in."""
    if not found:
        return said("no task")
    return said(
        "{tasks:,}", tasks=[said("{state}, should be {desired}", state=t.state, desired=t.desired) for t in found]
    )


def none_on(through: Machine, name: str, node: str) -> Answer[Message]:
    """No task of the service that should run is on the node of that id."""
    # One that takes another's place should be ready before it should run (swarmkit, orchestrator/restart).
    wanted = [task for task in tasks(through, name) if task.desired in ("ready", "running")]
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
    found = [task for task in tasks(through, name) if task.id in ids]
    answer = describe_tasks(found)
    return once(answer, holds=all(task.state != "running" for task in found))


def wait_not_running(cluster: Cluster, through: Machine, name: str, ids: Collection[str]) -> Message:
    """Wait until none of these tasks of the service is listed as running; return how they are listed, if at all.

    Raises ConditionNotMet with that after 30 s (scaled), EngineRefused where the manager `through` has no leader.
    """
    what = said("{number} tasks of {service} are not listed as running", number=len(ids), service=name)
    return cluster.wait(what, partial(none_running, through, name, ids), seconds=STAY_SECONDS)


def wanted_tasks(machine: Machine) -> frozenset[str]:
    """Ids of all tasks that should run, as this manager says. Raises EngineRefused where it has no leader."""
    why = said("list the tasks that should run")
    services = machine.engine.docker("service", "ls", "--quiet", why=why).or_raise().split()
    if not services:
        return frozenset()
    wanted = ("--no-trunc", "--quiet", "--filter", "desired-state=running")
    return frozenset(machine.engine.docker("service", "ps", *wanted, *services, why=why).or_raise().split())


def unwanted(cluster: Cluster, through: Machine) -> tuple[TaskContainer, ...]:
    """Every container that runs on any machine for a task that should not, as the manager `through` says."""
    # The containers first: what is started between the two questions is not taken for one too many.
    running = cluster.on_each(containers, cluster.machines)
    wanted = wanted_tasks(through)
    return tuple(one for found in running.values() for one in found if one.task not in wanted)


def none_unwanted(cluster: Cluster, through: Machine) -> Answer[Message]:
    """Every container that runs on any machine is of a task that should run."""
    found = [
        said("{service} on {machine}", service=one.service, machine=one.machine) for one in unwanted(cluster, through)
    ]
    if found:
        return NotYet(said("running for no task: {containers:,}", containers=found))
    return Done(said("{number} tasks, and no container runs for any other", number=len(wanted_tasks(through))))


def wait_none_unwanted(cluster: Cluster, through: Machine) -> Message:
    """Wait until every container that runs on any machine is of a task that should run; return how many there are.

    Raises ConditionNotMet with those that are not after 90 s (scaled).
    """
    return cluster.wait(
        said("every container is of a task that should run"),
        partial(none_unwanted, cluster, through),
        seconds=PLACED_SECONDS,
    )


def specifications(machine: Machine) -> dict[str, str]:
    """Every service's specification by name, with the one before it, which a rollback would go back to, as JSON."""
    found = details(machine.engine, "service", why=said("read the specification of each service"))
    return {
        service["Spec"]["Name"]: json.dumps([service["Spec"], service.get("PreviousSpec")], sort_keys=True)
        for service in found
    }
