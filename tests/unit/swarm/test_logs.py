"""A place in the engines' logs: what is said since, by machine, and from which place on."""

import re
from dataclasses import dataclass

import pytest

from pretended import cluster as pretended
from swarmdrill.base.errors import LabBroken, MachineErrors
from swarmdrill.base.messages import said
from swarmdrill.machines.ssh import Completed
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.logs import LogMark


@dataclass
class Log:
    """What the engine of a machine has said."""

    text: str = ""
    is_gone: bool = False

    def read(self, command: str) -> Completed:
        if self.is_gone:
            raise LabBroken(said("cannot be reached"))
        if command.endswith("wc -c"):
            return Completed(0, f"{len(self.text)}\n", "", 0.0)
        (first,) = re.findall(r"tail -c \+(\d+)$", command)
        return Completed(0, self.text[int(first) - 1 :], "", 0.0)


@pytest.fixture
def logs() -> dict[str, Log]:
    return {"manager1": Log("started\n"), "manager2": Log("starting\n"), "worker1": Log()}


@pytest.fixture
def cluster(logs: dict[str, Log]) -> Cluster:
    return pretended.cluster(*(pretended.machine(name, run=log.read) for name, log in logs.items()))


def test_what_follows_is_read_of_every_machine(cluster: Cluster, logs: dict[str, Log]) -> None:
    mark = cluster.mark()
    logs["manager1"].text += "leads\n"
    logs["worker1"].text += "joined\n"
    assert mark.since() == {"manager1": "leads\n", "manager2": "", "worker1": "joined\n"}


def test_it_can_be_of_some_machines(cluster: Cluster, logs: dict[str, Log]) -> None:
    mark = cluster.mark(cluster.managers)
    logs["manager2"].text += "leads\n"
    assert [machine.name for machine in mark.machines] == ["manager1", "manager2"]
    assert mark.since() == {"manager1": "", "manager2": "leads\n"}


def test_of_a_machine_that_it_does_not_know_it_reads_all(cluster: Cluster) -> None:
    assert cluster.mark(cluster.workers).on(cluster.managers[0]) == "started\n"


def test_a_machine_at_another_address_is_the_same(cluster: Cluster, logs: dict[str, Log]) -> None:
    mark = cluster.mark()
    logs["manager1"].text += "moved\n"
    assert mark.on(cluster.at({"manager1": "10.213.0.111"}).managers[0]) == "moved\n"


def test_it_can_be_set_back_but_not_before_the_beginning(cluster: Cluster) -> None:
    first = cluster.managers[0]
    assert cluster.mark([first]).earlier(4).on(first) == "ted\n"
    assert cluster.mark([first]).earlier(400).on(first) == "started\n"


def test_two_are_put_together_and_the_later_one_counts(cluster: Cluster, logs: dict[str, Log]) -> None:
    first, second = cluster.managers
    mark = cluster.mark([first, second])
    logs["manager1"].text += "leads\n"
    assert (mark | cluster.mark([first])).positions == {first: 14, second: 9}
    assert (LogMark({}) | mark).positions == mark.positions


def test_machines_that_cannot_be_reached_are_the_labs(cluster: Cluster, logs: dict[str, Log]) -> None:
    mark = cluster.mark()
    logs["manager1"].is_gone = logs["manager2"].is_gone = True
    with pytest.raises(MachineErrors, match=r"manager1: cannot be reached; manager2: cannot"):
        mark.since()
