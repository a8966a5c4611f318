"""Waiting until every manager, or none, lists an object: who is asked what, and what is not the lab's fault."""

import pytest

from pretended.cluster import managers
from pretended.engine import PretendedEngine
from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.replies import EngineSilent
from swarmdrill.workload.objects import wait_everywhere, wait_nowhere


@pytest.fixture
def engines() -> dict[str, PretendedEngine]:
    return {name: PretendedEngine(name) for name in ("manager1", "manager2")}


@pytest.fixture
def cluster(engines: dict[str, PretendedEngine]) -> Cluster:
    return managers(engines)


def test_every_manager_is_asked_for_that_kind_only(cluster: Cluster, engines: dict[str, PretendedEngine]) -> None:
    for engine in engines.values():
        engine.lists("config ls", {"Name": "page"}, {"Name": "other"})
    wait_everywhere(cluster, "config/page")
    wait_nowhere(cluster, "config/gone")
    assert {words[:2] for engine in engines.values() for words in engine.asked} == {("config", "ls")}
    assert [len(engine.asked) for engine in engines.values()] == [2, 2]


def test_one_manager_without_it_is_named(cluster: Cluster, engines: dict[str, PretendedEngine]) -> None:
    engines["manager1"].lists("secret ls", {"Name": "password"})
    with pytest.raises(ConditionNotMet, match=r"every manager has secret/password.*: not so on manager2$"):
        wait_everywhere(cluster, "secret/password")


def test_one_manager_that_still_has_it_is_named(cluster: Cluster, engines: dict[str, PretendedEngine]) -> None:
    engines["manager1"].lists("secret ls", {"Name": "password"})
    with pytest.raises(ConditionNotMet, match=r"no manager has secret/password.*: not so on manager1$"):
        wait_nowhere(cluster, "secret/password")


def test_a_manager_without_a_leader_is_asked_again(cluster: Cluster, engines: dict[str, PretendedEngine]) -> None:
    for engine in engines.values():
        engine.lists("config ls", {"Name": "page"})
    engines["manager2"].fails("Error response from daemon: The swarm does not have a leader.", times=1)
    wait_everywhere(cluster, "config/page")
    assert len(engines["manager2"].asked) == 2


def test_a_manager_that_does_not_answer_is_the_labs(cluster: Cluster, engines: dict[str, PretendedEngine]) -> None:
    engines["manager2"].fails("Cannot connect to the Docker daemon")
    with pytest.raises(EngineSilent, match="Cannot connect"):
        wait_everywhere(cluster, "config/page")
