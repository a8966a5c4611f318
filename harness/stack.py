"""A stack on the cluster: deploy it, remove it, see it with every manager's eyes, and ask whether it serves."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from python_on_whales import DockerClient

from harness.cluster import Cluster
from harness.engine import Engine, EngineError
from harness.machine import Machine
from harness.poll import Answer, Done, Never, NotYet, wait_until
from harness.views import short

NAMESPACE = "com.docker.stack.namespace"
RUNNING_SECONDS = 90
GONE_SECONDS = 60


@dataclass(frozen=True)
class Stack:
    """A compose file under a stack's name."""

    name: str
    compose_file: Path

    def service(self, short_name: str) -> str:
        """The full name of one of the stack's services."""
        return f"{self.name}_{short_name}"


@dataclass(frozen=True)
class StackView:
    """What one manager says of a stack: service names with running and wanted tasks, config names."""

    manager: str
    services: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    error: str = ""

    @property
    def gone(self) -> bool:
        """Nothing of the stack is there."""
        return not self.error and not self.services and not self.configs

    @property
    def present(self) -> bool:
        """Services are there, and each has a running task."""
        return not self.error and bool(self.services) and set(self.services) == set(self.running)

    def describe(self) -> str:
        """One line for messages and reports."""
        if self.error:
            return f"{self.manager} says {self.error}"
        if self.gone:
            return f"{self.manager} says the stack is gone"
        return (
            f"{self.manager} says services {', '.join(self.services) or 'none'} "
            f"(running: {', '.join(self.running) or 'none'}), configs {', '.join(self.configs) or 'none'}"
        )


def deploy(cluster: Cluster, stack: Stack) -> None:
    """`docker stack deploy` by the cluster's client. The image is on every node; no registry is asked."""
    cluster.client.ask(
        lambda client: client.stack.deploy(stack.name, stack.compose_file, resolve_image="never"),
        why="deploy the stack",
        timeout=60,
    )


def remove(cluster: Cluster, stack: Stack) -> None:
    """`docker stack rm` by the cluster's client; returns when the command does."""
    cluster.client.ask(lambda client: client.stack.remove(stack.name), why="remove the stack", timeout=60)


def view(engine: Engine, stack: Stack) -> StackView:
    """Ask one manager what it knows of the stack; an engine that cannot answer gives a view with an error."""
    try:
        return engine.ask(lambda client: _look(client, engine.name, stack), why="what is there of the stack?")
    except EngineError as problem:
        return StackView(engine.name, error=short(problem.stderr))


def _look(client: DockerClient, manager: str, stack: Stack) -> StackView:
    chosen = {"label": f"{NAMESPACE}={stack.name}"}
    names = {str(service.id): str(service.spec.name) for service in client.service.list(filters=chosen)}
    running = {
        names[task.service_id]
        for task in (client.stack.ps(stack.name) if names else [])
        if task.service_id in names and task.status.state == task.desired_state == "running"
    }
    configs = sorted(str(config.spec.name) for config in client.config.list(filters=chosen))
    return StackView(manager, tuple(sorted(names.values())), tuple(sorted(running)), tuple(configs))


def views(cluster: Cluster, stack: Stack) -> tuple[StackView, ...]:
    """What every manager says of the stack, asked at the same time."""
    return tuple(cluster.on_each(lambda m: view(cluster.engines[m.name], stack), cluster.managers).values())


def describe(found: Sequence[StackView]) -> str:
    """All views on one line each."""
    return "\n".join(f"  {one.describe()}" for one in found)


def wait_running(cluster: Cluster, stack: Stack) -> None:
    """Wait until every manager says that each service of the stack has a running task.

    Raises ConditionNotMet with every manager's view after 90 s (scaled).
    """
    _wait(cluster, stack, f"stack {stack.name} runs", RUNNING_SECONDS, lambda one: one.present)


def wait_gone(cluster: Cluster, stack: Stack) -> None:
    """Wait until every manager says that nothing of the stack is there, and no container of it is left.

    Raises ConditionNotMet with every manager's view after 60 s (scaled).
    """
    _wait(cluster, stack, f"stack {stack.name} is gone", GONE_SECONDS, lambda one: one.gone)

    def containers_gone() -> Answer[None]:
        left = cluster.on_each(lambda m: containers(cluster.engines[m.name], stack), cluster.machines)
        holders = [f"{name} still runs {len(ids)}" for name, ids in left.items() if ids]
        return NotYet(", ".join(holders)) if holders else Done(None)

    wait_until(
        f"containers of stack {stack.name} are gone",
        containers_gone,
        timeout=cluster.clock.seconds(GONE_SECONDS),
    )


def _wait(
    cluster: Cluster, stack: Stack, what: str, seconds: float, holds: Callable[[StackView], bool]
) -> None:
    def condition() -> Answer[None]:
        first = view(cluster.client, stack)
        if not holds(first):  # one question is enough until the client's manager sees it
            return NotYet(first.describe())
        found = views(cluster, stack)
        return Done(None) if all(map(holds, found)) else NotYet("; ".join(one.describe() for one in found))

    wait_until(
        what,
        condition,
        timeout=cluster.clock.seconds(seconds),
        last_words=lambda: describe(views(cluster, stack)),
    )


def containers(engine: Engine, stack: Stack) -> list[str]:
    """Ids of the stack's running containers on one machine."""
    chosen = {"label": f"{NAMESPACE}={stack.name}"}
    return engine.ask(
        lambda client: [str(container.id) for container in client.container.list(filters=chosen)],
        why="containers of the stack",
    )


def task_location(cluster: Cluster, service: str) -> tuple[Machine, str]:
    """The machine that runs the service's task, and the task's container id there.

    Waits until the container of the running task is known (the task's status may come first).
    Raises ConditionNotMet after 90 s (scaled), at once when the service does not exist.
    """

    def find() -> Answer[tuple[Machine, str]]:
        try:
            found = cluster.client.ask(lambda client: _running_task(client, service), why="where is its task?")
        except EngineError as problem:
            if "no such service" in problem.stderr.lower():
                return Never(short(problem.stderr))
            return NotYet(short(problem.stderr))
        if found is None:
            return NotYet(f"no task of {service} runs")
        host, container = found
        return Done((cluster.machine(host), container))

    return wait_until(
        f"a task of {service} runs", find, timeout=cluster.clock.seconds(RUNNING_SECONDS)
    )


def _running_task(client: DockerClient, service: str) -> tuple[str, str] | None:
    """Host name and container id of the service's running task, None where none runs."""
    for task in client.service.ps(service):
        if task.status.state == task.desired_state == "running":
            node = client.node.inspect(task.node_id)
            return str(node.description.hostname), str(task.status.container_status.container_id)
    return None


def served_page(cluster: Cluster, service: str) -> str:
    """What `curl localhost` prints inside the task's container, run on the node that runs the task.

    The server in a container that has just started may not listen yet: curl's exit status 7 (connection
    refused, curl(1)) means not yet, any other error ends the wait.
    """
    machine, container = task_location(cluster, service)

    def ask() -> Answer[str]:
        done = machine.run(
            f"docker exec {container} curl --silent --show-error --fail localhost",
            why="curl inside the task's container",
            check=False,
        )
        if done.exit_status == 0:
            return Done(done.stdout)
        if done.exit_status == 7:
            return NotYet(done.stderr.strip())
        return Never(f"exit status {done.exit_status}: {done.stderr.strip()}")

    return wait_until(f"{service} serves on {machine.name}", ask, timeout=cluster.clock.seconds(30))

