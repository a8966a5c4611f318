"""Tasks as a manager lists them: which are there, which stay off a node, which do not run any more."""

import pytest

from pretended.cluster import cluster, machine
from pretended.engine import Answer, PretendedEngine
from swarmdrill.base.errors import ConditionNotMet, LabBroken
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineRefused
from swarmdrill.workload import tasks


def answering(name: str, answers: dict[str, Answer]) -> Machine:
    """A machine whose engine answers each command by what the command begins with."""
    engine = PretendedEngine(name)
    for words, answer in answers.items():
        engine.knows(words, answer)
    return machine(name, engine)


def listing(*tasks: str) -> Machine:
    return answering("manager1", {"service ps": "t1", "inspect": "\n".join(tasks)})


class TestTasks:
    @pytest.mark.parametrize("said", ["Error: No such task: t2", "Error response from daemon: task t2 not found"])
    def test_one_that_goes_meanwhile_is_left_out(self, said: str) -> None:
        """Such as 20.10.24 and 26.1.5 say it; the client then shows the others and says status 1."""
        assert tasks.listed(answering("manager1", {"service ps": "t1\nt2", "inspect": (1, said)}), "web") == ()

    def test_any_other_refusal_is_one(self) -> None:
        manager = answering("manager1", {"service ps": "t1", "inspect": (1, "Error response from daemon: no leader")})
        with pytest.raises(EngineRefused, match="no leader"):
            tasks.listed(manager, "web")


class TestStayOff:
    def test_says_how_many_should_run_and_how_long_it_watched(self) -> None:
        through = listing("t1 running running node1", "t2 shutdown shutdown node2")
        said = tasks.stay_off(cluster(), through, "web", "node2")
        assert said.startswith("of 1 tasks that should run none is there; asked 2 times")

    @pytest.mark.parametrize("task", ["t2 running running node2", "t2 assigned running node2", "t2 new ready node2"])
    def test_a_task_that_comes_ends_it(self, task: str) -> None:
        with pytest.raises(ConditionNotMet, match="of 2 tasks that should run 1 is there"):
            tasks.stay_off(cluster(), listing("t1 running running node1", task), "web", "node2")

    def test_no_task_at_all_says_nothing(self) -> None:
        with pytest.raises(LabBroken, match="manager1 lists no task of web"):
            tasks.stay_off(cluster(), listing("t1 shutdown shutdown node1"), "web", "node2")


class TestNotRunning:
    def test_one_that_is_listed_as_something_else_or_not_at_all_does_not_run(self) -> None:
        through = listing("t1 orphaned shutdown node1", "t3 running running node1")
        assert tasks.wait_not_running(cluster(), through, "web", {"t1", "t2"}) == "orphaned, should be shutdown"

    def test_one_that_stays_ends_it_with_how_it_is_listed(self) -> None:
        with pytest.raises(ConditionNotMet, match="running, should be shutdown"):
            tasks.wait_not_running(cluster(), listing("t1 running shutdown node1"), "web", {"t1"})
