"""Services made by command: where their tasks run, as a manager says and as the machines themselves say."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.cluster import Cluster
from harness.machine import Machine
from harness.management import Reply, docker
from harness.poll import Answer, Done, NotYet, wait_until

PLACED_SECONDS = 90
Placement = Mapping[str, int]


def create(machine: Machine, name: str, options: str = "") -> None:
    """`docker service create` of nginx with more `options`, such as `--replicas 3`. Raises CommandFailed."""
    machine.run(
        f"docker service create --detach --no-resolve-image --name {name} {options} nginx",
        why=f"create service {name}",
    )


def update(machine: Machine, name: str, options: str) -> Reply:
    """`docker service update` with `options`, such as `--force` or `--rollback`."""
    return docker(machine, f"service update --detach --no-resolve-image {options} {name}")


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
        text = ", ".join(f"{count} on {node}" for node, count in sorted(found.items())) or "nothing runs"
        return Done(text) if holds(found) else NotYet(text)

    return wait_until(f"{name}: {what}", condition, timeout=cluster.clock.seconds(PLACED_SECONDS))


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
