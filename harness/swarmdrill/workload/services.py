"""Services made by command: where their tasks run, as a manager says and as the machines themselves say."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from swarmdrill.base.errors import LabBroken
from swarmdrill.base.waiting import Answer, Done, Never, NotYet
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import Reply, docker
from swarmdrill.swarm.shell import CommandFailed

PLACED_SECONDS = 90
STAY_SECONDS = 30
Placement = Mapping[str, int]


def create(machine: Machine, name: str, options: str = "") -> None:
    """`docker service create` of nginx with more `options`, such as `--replicas 3`. Raises CommandFailed.

    Typed on the machine, since python-on-whales 0.81.0 cannot name a service.
    """
    machine.run(
        f"docker service create --detach --no-resolve-image --name {name} {options} nginx",
        why=f"create service {name}",
    )


def update(machine: Machine, name: str, options: str) -> Reply:
    """`docker service update` with `options`, such as `--force`."""
    return docker(machine, f"service update --detach --no-resolve-image {options} {name}")


def roll_back(machine: Machine, name: str) -> Reply:
    """`docker service rollback`: the service is what it was before its last update."""
    return docker(machine, f"service rollback --detach {name}")


def placement(machine: Machine, name: str) -> Placement:
    """How many running tasks of the service each machine has, as this manager says; empty where it does not answer."""
    done = machine.run(
        f"docker service ps --filter desired-state=running --format '{{{{.Node}}}} {{{{.CurrentState}}}}' {name}",
        why=f"where does {name} run?",
        check=False,
    )
    rows = [line.split() for line in done.stdout.splitlines() if done.exit_status == 0]
    return Counter(row[0] for row in rows if len(row) > 1 and row[1] == "Running")


def wait_placed(cluster: Cluster, through: Machine, name: str, what: str, holds: Callable[[Placement], bool]) -> str:
    """Wait until a manager says that the service's running tasks are placed so that `holds`; return where they run.

    Raises ConditionNotMet with the last placement after 90 s (scaled).
    """

    def condition() -> Answer[str]:
        found = placement(through, name)
        return Done(_describe(found)) if holds(found) else NotYet(_describe(found))

    return cluster.wait(f"{name}: {what}", condition, seconds=PLACED_SECONDS)


def run_everywhere(cluster: Cluster, through: Machine, name: str) -> None:
    """Create a service with a task on every machine; wait until all run. Raises as `create` and `wait_placed` do."""
    create(through, name, "--mode global")
    wait_everywhere(cluster, through, name)


def wait_everywhere(cluster: Cluster, through: Machine, name: str) -> str:
    """Wait until a manager says that a task of the service runs on every machine. Raises as `wait_placed`."""
    names = {machine.name for machine in cluster.machines}
    return wait_placed(cluster, through, name, "on every machine", lambda found: set(found) == names)


@dataclass(frozen=True)
class TaskContainer:
    """A container of a task that a machine itself says is running, whatever any manager knows of it."""

    machine: str
    container: str
    service: str
    task: str


_FORMAT = '{{.ID}} {{.Label "com.docker.swarm.service.name"}} {{.Label "com.docker.swarm.task.id"}}'


def containers(machine: Machine) -> tuple[TaskContainer, ...]:
    """Every running container of a task on the machine, asked of its own engine. Raises CommandFailed without one."""
    listed = machine.run(
        f"docker ps --no-trunc --filter label=com.docker.swarm.task.id --format '{_FORMAT}'",
        why="containers of tasks that run here",
    )
    return tuple(TaskContainer(machine.name, *line.split()) for line in listed.stdout.splitlines())


def wait_contained(cluster: Cluster, name: str, what: str, holds: Callable[[Placement], bool]) -> str:
    """Wait until as many containers of the service run on each machine as `holds` says, by the machines' own engines.

    A manager may list the tasks of an engine that was stopped as running for a while. Returns where containers run.
    Raises ConditionNotMet with where they last ran after 90 s (scaled).
    """

    def condition() -> Answer[str]:
        running = cluster.on_each(containers, cluster.machines)
        found = Counter(one.machine for own in running.values() for one in own if one.service == name)
        return Done(_describe(found)) if holds(found) else NotYet(_describe(found))

    return cluster.wait(f"containers of {name}: {what}", condition, seconds=PLACED_SECONDS)


def _describe(found: Placement) -> str:
    return ", ".join(f"{count} on {node}" for node, count in sorted(found.items())) or "nothing runs"


_TASK = "{{.ID}} {{.Status.State}} {{.DesiredState}} {{.NodeID}}"


@dataclass(frozen=True)
class TaskView:
    """A task as a manager lists it: its state, the one that it should be in, and the id of its node, if it has one."""

    id: str
    state: str
    desired: str
    node: str = ""


def tasks(machine: Machine, name: str) -> tuple[TaskView, ...]:
    """Every task of the service that this manager still lists. Raises CommandFailed where it has no leader.

    One that goes between the list and the look at it is left out.
    """
    ids = machine.run(f"docker service ps --no-trunc --quiet {name}", why=f"what is there of {name}?").stdout.split()
    listed = machine.run(
        f"docker inspect --type task --format '{_TASK}' {' '.join(ids)}" if ids else "true",
        why="the state of each",
        check=False,
    )
    if unknown := [line for line in listed.stderr.splitlines() if "no such task" not in line.lower()]:
        raise CommandFailed(f"{machine.name}: docker inspect of tasks of {name}: {'; '.join(unknown)}")
    return tuple(TaskView(*line.split()) for line in listed.stdout.splitlines())


def describe_tasks(found: Sequence[TaskView]) -> str:
    """All tasks on one line: the state that each is in, and the one that it should be in."""
    return ", ".join(f"{task.state}, should be {task.desired}" for task in found) or "no task"


def stay_off(cluster: Cluster, through: Machine, name: str, node: str) -> str:
    """Watch for 30 s (scaled) that none of the service's tasks that should run is on the node of that id.

    A task that is only assigned to it counts. Returns what was seen last, and how long it was watched. Raises
    ConditionNotMet at once where a task comes to the node, LabBroken where the manager `through` lists none at all.
    """

    def condition() -> Answer[str]:
        # One that takes another's place should be ready before it should run (swarmkit, orchestrator/restart).
        wanted = [task for task in tasks(through, name) if task.desired in ("ready", "running")]
        if not wanted:
            raise LabBroken(f"{through.name} lists no task of {name} that should run")
        there = sum(task.node == node for task in wanted)
        said = f"of {len(wanted)} tasks that should run {there or 'none'} {'are' if there > 1 else 'is'} there"
        return Never(said) if there else Done(said)

    what = f"no task of {name} is on the node that returned"
    return cluster.stays(what, condition, seconds=STAY_SECONDS)


def wait_not_running(cluster: Cluster, through: Machine, name: str, ids: Collection[str]) -> str:
    """Wait until none of these tasks of the service is listed as running; return how they are listed, if at all.

    Raises ConditionNotMet with that after 30 s (scaled), CommandFailed where the manager `through` has no leader.
    """

    def condition() -> Answer[str]:
        found = [task for task in tasks(through, name) if task.id in ids]
        said = describe_tasks(found)
        return NotYet(said) if any(task.state == "running" for task in found) else Done(said)

    what = f"{len(ids)} tasks of {name} are not listed as running"
    return cluster.wait(what, condition, seconds=STAY_SECONDS)


def wanted_tasks(machine: Machine) -> frozenset[str]:
    """Ids of all tasks that should run, as this manager says. Raises CommandFailed where it has no leader."""
    listed = machine.run(
        "docker service ls --quiet | xargs --no-run-if-empty "
        "docker service ps --no-trunc --quiet --filter desired-state=running",
        why="which tasks should run?",
    )
    return frozenset(listed.stdout.split())


def unwanted(cluster: Cluster, through: Machine) -> tuple[TaskContainer, ...]:
    """Every container that runs on any machine for a task that should not, as the manager `through` says."""
    # The containers first: what is started between the two questions is not taken for one too many.
    running = cluster.on_each(containers, cluster.machines)
    wanted = wanted_tasks(through)
    return tuple(one for found in running.values() for one in found if one.task not in wanted)


def wait_none_unwanted(cluster: Cluster, through: Machine) -> str:
    """Wait until every container that runs on any machine is of a task that should run; return how many there are.

    Raises ConditionNotMet with those that are not after 90 s (scaled).
    """

    def condition() -> Answer[str]:
        found = [f"{one.service} on {one.machine}" for one in unwanted(cluster, through)]
        if found:
            return NotYet(f"running for no task: {', '.join(found)}")
        return Done(f"{len(wanted_tasks(through))} tasks, and no container runs for any other")

    return cluster.wait("no container runs for no task", condition, seconds=PLACED_SECONDS)


def specifications(machine: Machine) -> dict[str, str]:
    """Every service's specification by name, with the one before it, which a rollback would go back to, as JSON."""
    listed = machine.run(
        "docker service ls --quiet | xargs --no-run-if-empty docker service inspect --format "
        "'{{.Spec.Name}} {{json .Spec}} {{json .PreviousSpec}}'",
        why="what the services are",
    )
    return dict(line.split(" ", 1) for line in listed.stdout.splitlines())
