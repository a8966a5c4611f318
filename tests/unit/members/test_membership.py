"""Who is well, as `docker node inspect` says it: in the same words as the list, and of every member."""

import json

import pytest

from pretended.cluster import managers
from pretended.engine import PretendedEngine
from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.members import membership
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.replies import EngineRefused

WELL = {"manager1": "ready reachable", "manager2": "ready reachable", "worker1": "ready"}


def member(name: str, state: str, reachability: str = "") -> dict[str, object]:
    told: dict[str, object] = {"Description": {"Hostname": name}, "Status": {"State": state}}
    return told | {"ManagerStatus": {"Reachability": reachability}} if reachability else told


@pytest.fixture
def engine() -> PretendedEngine:
    engine = PretendedEngine("manager1")
    engine.knows("node ls --quiet", "id2\nid1\nid3\n")
    return engine


@pytest.fixture
def cluster(engine: PretendedEngine) -> Cluster:
    return managers({"manager1": engine})


def test_every_member_is_inspected(cluster: Cluster, engine: PretendedEngine) -> None:
    told = [
        member("worker1", "ready"),
        member("manager2", "ready", "reachable"),
        member("manager1", "ready", "reachable"),
    ]
    engine.knows("node inspect id2 id1 id3", json.dumps(told))
    said = "manager1 ready reachable, manager2 ready reachable, worker1 ready"
    assert membership.wait_inspected(cluster, cluster.managers[0], "all are well", WELL) == said


@pytest.mark.parametrize(
    "told", [("down", "reachable"), ("ready", "unreachable"), ("ready", "")], ids=["state", "reachability", "a worker"]
)
def test_one_that_differs_in_either_word_is_seen(
    cluster: Cluster, engine: PretendedEngine, told: tuple[str, str]
) -> None:
    others = [member("worker1", "ready"), member("manager1", "ready", "reachable")]
    engine.knows("node inspect", json.dumps([*others, member("manager2", *told)]))
    with pytest.raises(ConditionNotMet, match=r"all are well, inspected .*" + f"manager2 {' '.join(told)}".strip()):
        membership.wait_inspected(cluster, cluster.managers[0], "all are well", WELL)


def test_a_manager_that_cannot_answer_says_nothing(cluster: Cluster, engine: PretendedEngine) -> None:
    engine.fails("The swarm does not have a leader")
    with pytest.raises(EngineRefused):
        membership.wait_inspected(cluster, cluster.managers[0], "all are well", WELL)
