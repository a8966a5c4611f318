"""Services made by command: where their tasks run, as a manager says and as the machines themselves say."""

import json
import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from swarmdrill.base.messages import Message, said
from swarmdrill.base.waiting import Answer, Done, NotYet, once
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.listing import details, running_tasks
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineError, Reply
from swarmdrill.workload import options
from swarmdrill.workload.options import Exchange, Mounted

PLACED_SECONDS = 90
# How many tasks of a service run on each machine, by machine name; a machine without any is not in it.
Placement = Mapping[str, int]


def create(
    machine: Machine,
    name: str,
    *,
    replicas: int | None = None,
    everywhere: bool = False,
    networks: Sequence[str] = (),
    port: int | None = None,
    environment: Mapping[str, str] | None = None,
    secrets: Sequence[Mounted] = (),
    configs: Sequence[Mounted] = (),
) -> None:
    """`docker service create` of nginx.

    It has one task, so many `replicas`, or one task on every machine. Its port 80 is published at `port` of the ingress
    mesh. Raises EngineRefused. Typed on the machine, since python-on-whales 0.81.0 cannot name a service.
    """
    words = [
        *options.tasks(replicas, everywhere=everywhere),
        *options.each("secret", secrets),
        *options.each("config", configs),
        *options.each("network", networks),
        *options.each("publish", [] if port is None else [f"{port}:80"]),
        *options.variables("env", environment),
    ]
    line = shlex.join(["service", "create", "--detach", "--no-resolve-image", "--name", name, *words, "nginx"])
    machine.engine.typed(line, why=said("create service {name}", name=name)).or_raise()


def remove(machine: Machine, name: str) -> None:
    """`docker service rm`. Raises EngineRefused."""
    machine.engine.typed(f"service rm {name}", why=said("remove service {name}", name=name)).or_raise()


def update(
    machine: Machine, name: str, *, replicas: int | None = None, environment: Mapping[str, str] | None = None
) -> Reply:
    """`docker service update` to so many replicas, and with more environment variables."""
    return _update(machine, name, *options.tasks(replicas), *options.variables("env-add", environment))


def rotate(machine: Machine, name: str, *, secret: Exchange, config: Exchange) -> Reply:
    """`docker service update` with another secret and another config in the place of those that it has."""
    return _update(machine, name, *options.exchanged("secret", secret), *options.exchanged("config", config))


def spread(machine: Machine, name: str) -> Reply:
    """`docker service update --force`, all tasks at once: each is made anew, wherever there is most room."""
    return _update(machine, name, "--force", "--update-parallelism", "0")


def _update(machine: Machine, name: str, *words: str) -> Reply:
    return machine.engine.typed(shlex.join(["service", "update", "--detach", "--no-resolve-image", *words, name]))


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
    """Wait until a manager says that the service's running tasks are where they should be; return where they run.

    Args:
        cluster: whose clock scales the wait.
        through: the manager that is asked.
        name: the service.
        what: is waited for, in words: "on every machine".
        holds: whether a placement, the number of running tasks by machine name, is the right one.

    Raises:
        ConditionNotMet: with the last placement, after 90 s (scaled).
    """
    return cluster.wait(
        said("{name}: {what}", name=name, what=what), partial(placed, through, name, holds), seconds=PLACED_SECONDS
    )


def run_everywhere(cluster: Cluster, through: Machine, name: str) -> None:
    """Create a service with a task on every machine; wait until all run.

    Raises EngineRefused, or ConditionNotMet with the last placement after 90 s (scaled).
    """
    create(through, name, everywhere=True)
    wait_everywhere(cluster, through, name)


def wait_everywhere(cluster: Cluster, through: Machine, name: str) -> Message:
    """Wait until a manager says that a task of the service runs on every machine; return where they run.

    Raises ConditionNotMet with the last placement after 90 s (scaled).
    """
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


def short_ids(ids: Iterable[str]) -> tuple[str, ...]:
    """Ids of containers, as docker prints them."""
    return tuple(each[:12] for each in ids)


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
        return NotYet(said("containers without a task that should run: {containers:,}", containers=found))
    return Done(said("{number} tasks, and no container runs for any other", number=len(wanted_tasks(through))))


def wait_none_unwanted(cluster: Cluster, through: Machine) -> Message:
    """Wait until each running container, on every machine, belongs to a task that should run; return their number.

    Raises ConditionNotMet with the containers of other tasks after 90 s (scaled).
    """
    return cluster.wait(
        said("each container belongs to a task that should run"),
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
