"""What a command prints inside a service's task: where the task is, also while managers list it as it was."""

import json
from collections.abc import Callable

import pytest

from pretended import cluster as pretended
from pretended.cluster import machine
from pretended.engine import PretendedEngine
from swarmdrill.base.clock import Clock
from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.machines.ssh import Completed
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.tasks import in_container, served_page

TASK = {"ID": "t1", "Node": "manager2", "CurrentState": "Running 1 second ago", "DesiredState": "Running"}
GONE = "Error response from daemon: No such container: c1"


@pytest.fixture
def engine(pretended_engine: PretendedEngine) -> PretendedEngine:
    pretended_engine.lists("service ps", TASK)
    say_container(pretended_engine, "c1")
    return pretended_engine


def say_container(engine: PretendedEngine, container: str) -> None:
    status = {"ContainerStatus": {"ContainerID": container}} if container else {}
    engine.knows("inspect --type task", json.dumps([{"Status": status}]))


def cluster(engine: PretendedEngine, run: Callable[[str], Completed]) -> Cluster:
    """A cluster whose machines run commands as `run` does."""
    return pretended.cluster(machine("manager1", engine), machine("manager2", run=run), clock=Clock(0.005))


def test_it_runs_in_the_container_of_the_task(engine: PretendedEngine) -> None:
    typed: list[str] = []

    def run(command: str) -> Completed:
        typed.append(command)
        return Completed(0, "Hello\n", "", 0.0)

    assert in_container(cluster(engine, run), "web", "cat /page") == "Hello\n"
    assert typed == ["docker exec c1 cat /page"]


@pytest.mark.parametrize("said", [GONE, "Error response from daemon: container c1 is not running"])
def test_a_container_of_before_the_restore_is_not_the_tasks(engine: PretendedEngine, said: str) -> None:
    def run(command: str) -> Completed:
        if " c2 " in command:
            return Completed(0, "Hello\n", "", 0.0)
        say_container(engine, "c2")
        return Completed(1, "", said, 0.0)

    assert in_container(cluster(engine, run), "web", "cat /page") == "Hello\n"


def test_a_container_that_stays_away_is_named_in_the_end(engine: PretendedEngine) -> None:
    with pytest.raises(
        ConditionNotMet, match=r"timed out: cat works in web.*manager2: exit status 1: .*No such container"
    ):
        in_container(cluster(engine, lambda _: Completed(1, "", GONE, 0.0)), "web", "cat /page")


def test_any_other_error_ends_the_wait(engine: PretendedEngine) -> None:
    with pytest.raises(ConditionNotMet, match=r"can no longer happen.*cat: /page: No such file"):
        in_container(cluster(engine, lambda _: Completed(1, "", "cat: /page: No such file", 0.0)), "web", "cat /page")


def test_a_server_that_does_not_listen_yet_is_asked_again(engine: PretendedEngine) -> None:
    answers = [Completed(7, "", "curl: (7) connection refused", 0.0), Completed(0, "Hello\n", "", 0.0)]
    assert served_page(cluster(engine, lambda _: answers.pop(0)), "web") == "Hello\n"


@pytest.mark.parametrize("tasks", [[], [TASK | {"CurrentState": "Preparing 1 second ago"}]])
def test_no_task_runs(engine: PretendedEngine, tasks: list[dict[str, str]]) -> None:
    engine.lists("service ps", *tasks)
    with pytest.raises(ConditionNotMet, match=r"timed out.*no task of web runs"):
        in_container(cluster(engine, lambda _: Completed(0, "", "", 0.0)), "web", "true")


def test_the_state_can_be_known_before_the_container_is(engine: PretendedEngine) -> None:
    say_container(engine, "")
    with pytest.raises(ConditionNotMet, match="no task of web runs"):
        in_container(cluster(engine, lambda _: Completed(0, "", "", 0.0)), "web", "true")


def test_a_service_that_does_not_exist(engine: PretendedEngine) -> None:
    engine.fails("Error response from daemon: no such service: web")
    with pytest.raises(ConditionNotMet, match=r"can no longer happen.*no such service: web"):
        in_container(cluster(engine, lambda _: Completed(0, "", "", 0.0)), "web", "true")
    assert len(engine.asked) == 1
