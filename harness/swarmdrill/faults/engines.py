"""Engines that end without a word, and managers that are lost for good."""

from collections.abc import Sequence

from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.faults.interface import Anywhere
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


def kill_engines(cluster: Cluster, machines: Sequence[Machine]) -> None:
    """End the engines of `machines` at once, and let nobody start them by asking; their state directories stay."""
    with trace.phase("kill the engines of {machines:,}", machines=machines):
        cluster.on_each(
            lambda machine: machine.run(
                "systemctl kill --signal=KILL docker.service containerd.service; systemctl stop docker.socket; "
                "pkill -KILL -f containerd-shim; while pgrep -x dockerd; do sleep 0.05; done",
                why=said("kill the engine"),
                check=False,
            ),
            machines,
        )


def lose_for_good(cluster: Cluster, machines: Sequence[Machine]) -> None:
    """Kill the engines of `machines` and delete their state directories: they can never come back as they were."""
    kill_engines(cluster, machines)
    with trace.phase("their state directories are lost"):
        cluster.on_each(lambda machine: machine.run(f"rm -r {SWARM_DIR}", why=said("lost for good")), machines)


def forbid_start(machine: Machine) -> None:
    """Mask the docker service on a machine with systemd, on its disk as well: nothing starts it, not even a boot."""
    machine.run("systemctl mask docker.service docker.socket && sync", why=said("the engine must not start at boot"))


def allow_start(machine: Machine) -> None:
    """Undo `forbid_start`."""
    machine.run("systemctl unmask docker.service docker.socket", why=said("the engine may start again"))


class EnginesKilled(Anywhere):
    """The engines end without a word."""

    name = "engines-killed"

    def inject(self, cluster: Cluster, victims: Sequence[Machine]) -> None:
        kill_engines(cluster, victims)


class ManagersLost(Anywhere):
    """The engines end, and their state directories are gone."""

    name = "managers-lost"

    def inject(self, cluster: Cluster, victims: Sequence[Machine]) -> None:
        lose_for_good(cluster, victims)
