"""What managers say together: who is asked how often until all agree, and what is said when they do not."""

import pytest

from pretended.cluster import managers
from pretended.engine import PretendedEngine
from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.swarm.cluster import Cluster

NAMES = ("manager1", "manager2", "manager3")


def nodes(leader: str, *, down: str = "") -> list[dict[str, object]]:
    """What `docker node ls` lists of three managers; nobody leads where `leader` is empty."""
    return [
        {
            "ID": f"id-{name}",
            "Hostname": name,
            "Status": "Down" if name == down else "Ready",
            "Availability": "Active",
            "ManagerStatus": "Leader" if name == leader else "Unreachable" if name == down else "Reachable",
        }
        for name in NAMES
    ]


@pytest.fixture
def engines() -> dict[str, PretendedEngine]:
    return {name: PretendedEngine(name) for name in NAMES}


@pytest.fixture
def cluster(engines: dict[str, PretendedEngine]) -> Cluster:
    return managers(engines)


def say(engines: dict[str, PretendedEngine], *leaders: str, down: str = "") -> None:
    for engine, leader in zip(engines.values(), leaders, strict=True):
        engine.lists("node ls", *nodes(leader, down=down))


def asked(engines: dict[str, PretendedEngine]) -> list[int]:
    return [len(engine.asked) for engine in engines.values()]


class TestLeader:
    def test_it_is_whom_all_name(self, cluster: Cluster, engines: dict[str, PretendedEngine]) -> None:
        say(engines, "manager2", "manager2", "manager2")
        assert cluster.leader().name == "manager2"
        assert asked(engines) == [1, 1, 1]
        assert [machine.name for machine in cluster.followers()] == ["manager1", "manager3"]

    def test_one_that_names_another_is_shown(self, cluster: Cluster, engines: dict[str, PretendedEngine]) -> None:
        say(engines, "manager2", "manager2", "manager1")
        with pytest.raises(ConditionNotMet, match="manager3 says leader manager1"):
            cluster.leader()

    def test_one_question_is_enough_while_nobody_leads(
        self, cluster: Cluster, engines: dict[str, PretendedEngine]
    ) -> None:
        say(engines, "", "manager2", "manager2")
        with pytest.raises(ConditionNotMet, match="last seen: manager1 says leader none, 3 nodes\n"):
            cluster.leader()
        first, *others = asked(engines)
        assert first >= 2
        assert others == [1, 1], "for the last words only"


class TestReady:
    def test_all_of_them(self, cluster: Cluster, engines: dict[str, PretendedEngine]) -> None:
        say(engines, "manager1", "manager1", "manager1")
        cluster.wait_ready()
        assert asked(engines) == [1, 1, 1]

    def test_a_node_that_is_down(self, cluster: Cluster, engines: dict[str, PretendedEngine]) -> None:
        say(engines, "manager1", "manager1", "manager1", down="manager3")
        with pytest.raises(ConditionNotMet, match="manager3 down/unreachable"):
            cluster.wait_ready()

    def test_one_that_is_not_listed(self, cluster: Cluster, engines: dict[str, PretendedEngine]) -> None:
        say(engines, "manager1", "manager1", "manager1")
        engines["manager2"].lists("node ls", *nodes("manager1")[:2])
        with pytest.raises(ConditionNotMet, match="manager2 says leader manager1, 2 nodes"):
            cluster.wait_ready()
