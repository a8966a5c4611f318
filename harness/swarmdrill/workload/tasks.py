"""Where a service's task runs, and what it answers there."""

import json

from swarmdrill.base.messages import Message, quoted, said
from swarmdrill.base.waiting import Answer, Done, Never, NotYet
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.listing import running_tasks
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineError, EngineSilent, short

# For a task to run, and for what runs in it to answer.
ANSWER_SECONDS = 120
# What an engine says of a container that has ended (moby daemon/exec.go, daemon/container.go).
GONE = ("No such container", "is not running")


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


def served_page(cluster: Cluster, service: str) -> str:
    """What `curl localhost` prints inside the container of the service's task (steps 5b and 19).

    A server that has just started may not listen yet: curl's exit status 7, connection refused (curl(1)).
    """
    command = "curl --silent --show-error --fail localhost"
    return in_container(cluster, service, command, not_yet=frozenset({7}))
