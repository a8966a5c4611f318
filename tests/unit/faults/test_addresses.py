"""Other addresses: the cluster seen at them, and what is typed to have and to lose them, also after a failure."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import pytest

from swarmdrill.base.clock import Clock
from swarmdrill.faults import addresses
from swarmdrill.machines.hypervisor import LabHypervisor
from swarmdrill.machines.plan import Node
from swarmdrill.machines.ssh import Completed, Remote
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


@dataclass
class Shell:
    """Keeps the commands that it is given; each succeeds."""

    ssh_config: Path = Path("ssh-config")
    commands: list[str] = field(default_factory=list)

    def run(self, command: str, **_: object) -> Completed:
        self.commands.append(command)
        return Completed(0, "", "", 0.0)


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def cluster(shell: Shell) -> Cluster:
    nodes = (Node("manager1", "manager", "10.213.0.11"), Node("worker1", "worker", "10.213.0.21"))
    machines = [Machine(node, cast(Remote, shell), Clock()) for node in nodes]
    return Cluster(machines, [], Clock(), cast(LabHypervisor, None), brings_workload=True)


class TestOthers:
    def test_inside_the_cluster_is_seen_at_them(self, cluster: Cluster) -> None:
        with addresses.others(cluster, cluster.managers, 100) as there:
            assert [machine.address for machine in there.machines] == ["10.213.0.111", "10.213.0.21"]
            assert [machine.name for machine in there.managers] == ["manager1"]
        assert cluster.managers[0].address == "10.213.0.11"

    def test_they_go_also_when_the_block_fails(self, cluster: Cluster, shell: Shell) -> None:
        with pytest.raises(ZeroDivisionError), addresses.others(cluster, cluster.managers, 100):
            raise ZeroDivisionError
        added, dropped = shell.commands
        assert "ip address add 10.213.0.111/24" in added
        assert "ip address delete 10.213.0.111/24" in dropped
