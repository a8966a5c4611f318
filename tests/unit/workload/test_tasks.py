"""What a command prints inside a service's task: where the task is, also while managers list it as it was."""

import json

import pytest

from pretended import cluster as pretended
from pretended.cluster import machine
from pretended.engine import Answer, PretendedEngine
from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.base.waiting import Clock
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


def cluster(engine: PretendedEngine, answer: Answer) -> Cluster:
    """A cluster in which the node of the task answers what is executed in a container there."""
    there = PretendedEngine("manager2")
    there.knows("exec", answer)
    return pretended.cluster(machine("manager1", engine), machine("manager2", there), clock=Clock(0.005))


def test_it_runs_in_the_container_of_the_task(engine: PretendedEngine) -> None:
    typed: list[str] = []

    def run(line: str) -> str:
        typed.append(line)
        return "Hello\n"

    assert in_container(cluster(engine, run), "web", "cat /page") == "Hello\n"
    assert typed == ["exec c1 cat /page"]


@pytest.mark.parametrize("said", [GONE, "Error response from daemon: container c1 is not running"])
def test_a_container_of_before_the_restore_is_not_the_tasks(engine: PretendedEngine, said: str) -> None:
    def run(line: str) -> str | tuple[int, str]:
        if " c2 " in line:
            return "Hello\n"
        say_container(engine, "c2")
        return 1, said

    assert in_container(cluster(engine, run), "web", "cat /page") == "Hello\n"


def test_a_container_that_stays_away_is_named_in_the_end(engine: PretendedEngine) -> None:
    with pytest.raises(
        ConditionNotMet, match=r"timed out: cat works in web.*manager2: exit status 1: .*No such container"
    ):
        in_container(cluster(engine, (1, GONE)), "web", "cat /page")


def test_any_other_error_ends_the_wait(engine: PretendedEngine) -> None:
    with pytest.raises(ConditionNotMet, match=r"can no longer happen.*cat: /page: No such file"):
        in_container(cluster(engine, (1, "cat: /page: No such file")), "web", "cat /page")


def test_an_engine_that_is_silent_is_asked_again(engine: PretendedEngine) -> None:
    """It may come back, or a manager gives its task to another one; it ends as a condition that is not met."""
    with pytest.raises(ConditionNotMet, match=r"timed out: cat works in web.*Cannot connect to the Docker daemon"):
        in_container(cluster(engine, (1, "Cannot connect to the Docker daemon")), "web", "cat /page")


def test_a_server_that_does_not_listen_yet_is_asked_again(engine: PretendedEngine) -> None:
    answers: list[str | tuple[int, str]] = [(7, "curl: (7) connection refused"), "Hello\n"]
    assert served_page(cluster(engine, lambda _: answers.pop(0)), "web") == "Hello\n"


@pytest.mark.parametrize("tasks", [[], [TASK | {"CurrentState": "Preparing 1 second ago"}]])
def test_no_task_runs(engine: PretendedEngine, tasks: list[dict[str, str]]) -> None:
    engine.lists("service ps", *tasks)
    with pytest.raises(ConditionNotMet, match=r"timed out.*no task of web runs"):
        in_container(cluster(engine, ""), "web", "true")


def test_the_state_can_be_known_before_the_container_is(engine: PretendedEngine) -> None:
    say_container(engine, "")
    with pytest.raises(ConditionNotMet, match="no task of web runs"):
        in_container(cluster(engine, ""), "web", "true")


def test_a_service_that_does_not_exist(engine: PretendedEngine) -> None:
    engine.fails("Error response from daemon: no such service: web")
    with pytest.raises(ConditionNotMet, match=r"can no longer happen.*no such service: web"):
        in_container(cluster(engine, ""), "web", "true")
    assert len(engine.asked) == 1
