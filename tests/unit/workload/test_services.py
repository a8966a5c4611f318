"""What runs for no task: containers as the machines list them, against tasks as a manager lists them."""

import json

import pytest

from pretended.cluster import cluster, machine
from pretended.engine import Answer, PretendedEngine
from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.swarm.machine import Machine
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
        with pytest.raises(ConditionNotMet, match="containers without a task that should run: late on worker1"):
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
