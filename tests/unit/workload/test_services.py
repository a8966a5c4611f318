"""What runs for no task: containers as the machines list them, against tasks as a manager lists them."""

import json

import pytest

from pretended.cluster import cluster, machine
from pretended.engine import Answer, PretendedEngine
from swarmdrill.base.errors import ConditionNotMet, LabBroken
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineRefused
from swarmdrill.workload import services


def answering(name: str, answers: dict[str, Answer]) -> Machine:
    """A machine whose engine answers each command by what the command begins with."""
    engine = PretendedEngine(name)
    for words, answer in answers.items():
        engine.knows(words, answer)
    return machine(name, engine)


MANAGER = answering("manager1", {"service ls": "s1\n", "service ps": "task1\ntask2\n", "ps": "c1 web task1\n"})
WORKER = answering("worker1", {"ps": "c2 web task2\nc3 late task3\n"})
THROUGH = MANAGER


class TestUnwanted:
    def test_names_a_container_whose_task_no_manager_wants(self) -> None:
        assert services.unwanted(cluster(MANAGER, WORKER), THROUGH) == (
            services.TaskContainer("worker1", "c3", "late", "task3"),
        )

    def test_names_none_where_each_has_its_task(self) -> None:
        assert services.unwanted(cluster(MANAGER), THROUGH) == ()

    def test_the_wait_ends_at_once_where_there_is_none(self) -> None:
        said = services.wait_none_unwanted(cluster(MANAGER), THROUGH)
        assert said == "2 tasks, and no container runs for any other"

    def test_the_wait_that_fails_says_what_runs_where(self) -> None:
        with pytest.raises(ConditionNotMet, match="running for no task: late on worker1"):
            services.wait_none_unwanted(cluster(MANAGER, WORKER), THROUGH)


class TestContained:
    def test_counts_what_the_machines_themselves_run(self) -> None:
        said = services.wait_contained(cluster(MANAGER, WORKER), "web", "two", lambda found: sum(found.values()) == 2)
        assert said == "1 on manager1, 1 on worker1"

    def test_a_wait_that_fails_says_where_some_run(self) -> None:
        with pytest.raises(ConditionNotMet, match=r"containers of late: on every machine after .*: 1 on worker1"):
            services.wait_contained(cluster(MANAGER, WORKER), "late", "on every machine", lambda found: len(found) == 2)


class TestSpecifications:
    def test_are_by_name(self) -> None:
        told = [{"Spec": {"Name": "web"}, "PreviousSpec": {"Name": "web", "Labels": {}}}, {"Spec": {"Name": "new"}}]
        manager = answering("manager1", {"service ls": "s1\ns2\n", "service inspect s1 s2": json.dumps(told)})
        assert services.specifications(manager) == {
            "web": '[{"Name": "web"}, {"Labels": {}, "Name": "web"}]',
            "new": '[{"Name": "new"}, null]',
        }


def listing(*tasks: str) -> Machine:
    return answering("manager1", {"service ps": "t1", "inspect": "\n".join(tasks)})


class TestPlacement:
    rows = "".join(
        f'{{"Node": "{node}", "DesiredState": "Running", "CurrentState": "{state} 2 seconds ago"}}\n'
        for node, state in (("m1", "Running"), ("m1", "Running"), ("m2", "Running"), ("m3", "Starting"))
    )

    def test_counts_the_running_tasks_of_each_machine(self) -> None:
        assert services.placement(answering("manager1", {"service ps": self.rows}), "web") == {"m1": 2, "m2": 1}

    @pytest.mark.parametrize(
        "said", ["Error response from daemon: The swarm does not have a leader.", "Cannot connect to the Docker daemon"]
    )
    def test_is_empty_where_the_manager_does_not_tell(self, said: str) -> None:
        assert services.placement(answering("manager1", {"service ps": (1, said)}), "web") == {}


class TestTasks:
    @pytest.mark.parametrize("said", ["Error: No such task: t2", "Error response from daemon: task t2 not found"])
    def test_one_that_goes_meanwhile_is_left_out(self, said: str) -> None:
        """Such as 20.10.24 and 26.1.5 say it; the client then shows the others and says status 1."""
        assert services.tasks(answering("manager1", {"service ps": "t1\nt2", "inspect": (1, said)}), "web") == ()

    def test_any_other_refusal_is_one(self) -> None:
        manager = answering("manager1", {"service ps": "t1", "inspect": (1, "Error response from daemon: no leader")})
        with pytest.raises(EngineRefused, match="no leader"):
            services.tasks(manager, "web")


class TestStayOff:
    def test_says_how_many_should_run_and_how_long_it_watched(self) -> None:
        through = listing("t1 running running node1", "t2 shutdown shutdown node2")
        said = services.stay_off(cluster(), through, "web", "node2")
        assert said.startswith("of 1 tasks that should run none is there; asked 2 times")

    @pytest.mark.parametrize("task", ["t2 running running node2", "t2 assigned running node2", "t2 new ready node2"])
    def test_a_task_that_comes_ends_it(self, task: str) -> None:
        with pytest.raises(ConditionNotMet, match="of 2 tasks that should run 1 is there"):
            services.stay_off(cluster(), listing("t1 running running node1", task), "web", "node2")

    def test_no_task_at_all_says_nothing(self) -> None:
        with pytest.raises(LabBroken, match="manager1 lists no task of web"):
            services.stay_off(cluster(), listing("t1 shutdown shutdown node1"), "web", "node2")


class TestNotRunning:
    def test_one_that_is_listed_as_something_else_or_not_at_all_does_not_run(self) -> None:
        through = listing("t1 orphaned shutdown node1", "t3 running running node1")
        assert services.wait_not_running(cluster(), through, "web", {"t1", "t2"}) == "orphaned, should be shutdown"

    def test_one_that_stays_ends_it_with_how_it_is_listed(self) -> None:
        with pytest.raises(ConditionNotMet, match="running, should be shutdown"):
            services.wait_not_running(cluster(), listing("t1 running shutdown node1"), "web", {"t1"})
