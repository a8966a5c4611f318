"""Where a service's task runs, and what it answers there."""

import json

from harness.cluster import Cluster
from harness.engine import Engine, EngineError
from harness.listed import rows, running
from harness.machine import Machine
from harness.poll import Answer, Done, Never, NotYet, wait_until
from harness.views import short

RUNNING_SECONDS = 90
ANSWER_SECONDS = 30


def task_location(cluster: Cluster, service: str) -> tuple[Machine, str]:
    """The machine that runs the service's task, and the task's container id there.

    Waits until the container of the running task is known (the task's status may come first).
    Raises ConditionNotMet after 90 s (scaled), at once when the service does not exist.
    """

    def find() -> Answer[tuple[Machine, str]]:
        try:
            found = _running_task(cluster.client, service, "where is its task?")
        except EngineError as problem:
            if "no such service" in problem.stderr.lower():
                return Never(short(problem.stderr))
            return NotYet(short(problem.stderr))
        if found is None:
            return NotYet(f"no task of {service} runs")
        host, container = found
        return Done((cluster.machine(host), container))

    return wait_until(f"a task of {service} runs", find, timeout=cluster.clock.seconds(RUNNING_SECONDS))


def _running_task(engine: Engine, service: str, why: str) -> tuple[str, str] | None:
    """Host name and container id of the service's running task, None where none runs."""
    for task in running(rows(engine, "service", "ps", "--no-trunc", service, why=why)):
        (found,) = json.loads(engine.docker("inspect", "--type", "task", task["ID"], why=why))
        container = found["Status"].get("ContainerStatus", {}).get("ContainerID")
        if container:  # the state can be known before the container is
            return task["Node"], container
    return None


def in_container(cluster: Cluster, service: str, command: str, *, not_yet: frozenset[int] = frozenset()) -> str:
    """What `command` prints inside the container of the service's task, run on the node that runs the task.

    Exit statuses in `not_yet` mean that the task is not that far; any other but 0 ends the wait. Raises
    ConditionNotMet with the command's error after 30 s (scaled) or at once.
    """
    machine, container = task_location(cluster, service)

    def ask() -> Answer[str]:
        done = machine.run(f"docker exec {container} {command}", why=f"in {service}'s container", check=False)
        if done.exit_status == 0:
            return Done(done.stdout)
        said = f"exit status {done.exit_status}: {done.stderr.strip()}"
        return NotYet(said) if done.exit_status in not_yet else Never(said)

    return wait_until(
        f"{command.split(maxsplit=1)[0]} works in {service} on {machine.name}",
        ask,
        timeout=cluster.clock.seconds(ANSWER_SECONDS),
    )


def served_page(cluster: Cluster, service: str) -> str:
    """What `curl localhost` prints inside the container of the service's task (steps 5b and 19).

    A server that has just started may not listen yet: curl's exit status 7, connection refused (curl(1)).
    """
    command = "curl --silent --show-error --fail localhost"
    return in_container(cluster, service, command, not_yet=frozenset({7}))
