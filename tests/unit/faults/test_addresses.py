"""Other addresses: the cluster seen at them, and what is typed to have and to lose them, also after a failure."""

from typing import cast

import pytest

from pretended import cluster as pretended
from pretended.engine import PretendedEngine
from swarmdrill.faults import addresses
from swarmdrill.members.membership import join_with
from swarmdrill.swarm.cluster import Cluster


@pytest.fixture
def cluster() -> Cluster:
    return pretended.cluster(
        pretended.machine("manager1", address="10.213.0.11"), pretended.machine("worker1", address="10.213.0.21")
    )


class TestOthers:
    def test_inside_the_cluster_is_seen_at_them(self, cluster: Cluster) -> None:
        with addresses.others(cluster, cluster.managers, 100) as there:
            assert [machine.address for machine in there.machines] == ["10.213.0.111", "10.213.0.21"]
            assert [machine.name for machine in there.managers] == ["manager1"]
        assert cluster.managers[0].address == "10.213.0.11"

    def test_they_are_the_same_machines_and_join_at_the_new_address(self, cluster: Cluster) -> None:
        """What is done to one of them is done to the machine; only where others find it differs."""
        (here,) = cluster.managers
        moved = cluster.at({"manager1": "10.213.0.111"})
        (there,) = moved.managers
        assert here == there
        assert len({here, there}) == 1
        assert moved.machines.index(here) == 0
        assert there.engine is here.engine
        join_with(moved.workers[0], "token", through=there)
        (typed,) = cast(PretendedEngine, cluster.workers[0].engine).lines
        assert typed.endswith("--token token 10.213.0.111:2377")

    def test_machines_of_other_names_are_others(self, cluster: Cluster) -> None:
        first, second = cluster.machines
        assert first != second
        assert first != first.name

    def test_they_go_also_when_the_block_fails(self, cluster: Cluster) -> None:
        with pytest.raises(ZeroDivisionError), addresses.others(cluster, cluster.managers, 100):
            raise ZeroDivisionError
        added, dropped = cast(pretended.PretendedRemote, cluster.managers[0].remote).commands
        assert "ip address add 10.213.0.111/24" in added
        assert "ip address delete 10.213.0.111/24" in dropped
