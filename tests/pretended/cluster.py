"""Machines and clusters of the product's own classes, whose engines and shells answer as a test says."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast

from pretended.engine import PretendedEngine
from swarmdrill.base.waiting import Clock
from swarmdrill.machines.hypervisor import LabHypervisor
from swarmdrill.machines.plan import Node
from swarmdrill.machines.ssh import Completed, Remote
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.shell import Shell

# Time-outs of a thousandth: a wait that fails in a test ends at once.
SOON = Clock(0.001)
Run = Callable[[str], Completed]


class PretendedRemote:
    """A connection that runs nothing: `run` says what a command line comes to. `commands` are those that it got."""

    ssh_config = Path("ssh-config")

    def __init__(self, run: Run) -> None:
        self._run = run
        self.commands: list[str] = []

    def run(self, command: str, **_: object) -> Completed:
        """As the real one's."""
        self.commands.append(command)
        return self._run(command)


def succeeds(_: str) -> Completed:
    """A command line that ends well and prints nothing."""
    return Completed(0, "", "", 0.0)


def machine(
    name: str, engine: PretendedEngine | None = None, run: Run = succeeds, *, address: str = "10.213.0.11"
) -> Machine:
    """A machine whose shell answers as `run` says; a worker where its name says so."""
    role = "worker" if name.startswith("worker") else "manager"
    shell = Shell(name, cast(Remote, PretendedRemote(run)), SOON)
    return Machine(Node(name, role, address), shell, cast(Any, engine or PretendedEngine(name)))


def cluster(*machines: Machine, clock: Clock = SOON) -> Cluster:
    """A cluster of these machines, in no lab."""
    return Cluster(machines, clock, cast(LabHypervisor, None), brings_workload=True)


def managers(engines: Mapping[str, PretendedEngine]) -> Cluster:
    """A cluster of one manager for each engine, by name."""
    return cluster(*(machine(name, engine) for name, engine in engines.items()))
