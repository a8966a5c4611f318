"""Whole machines put back to an earlier moment, where the provider can do that."""

from collections.abc import Sequence

from swarmdrill.base import trace
from swarmdrill.swarm import clock
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine

# The state that a lab is reset to between scenarios: as it was after boot.
GOLDEN = "golden"


def keep_golden_state(cluster: Cluster) -> None:
    """Keep the cluster as it is now for resets, where the provider has snapshots and none is kept yet."""
    names = [machine.name for machine in cluster.machines]
    if cluster.hypervisor.there and not cluster.hypervisor.has(GOLDEN, names):
        with trace.phase("keep the golden state"):
            snapshot(cluster, GOLDEN)


def snapshot(cluster: Cluster, name: str, machines: Sequence[Machine] | None = None) -> None:
    """Keep `machines` (all by default) as they are now, memory included, at one point in time, under `name`."""
    chosen = cluster.machines if machines is None else machines
    with trace.step("snapshot {name!r} of {names}", name=name, names=_names(chosen)):
        cluster.hypervisor.save(name, [machine.name for machine in chosen])


def roll_back(cluster: Cluster, name: str, machines: Sequence[Machine] | None = None) -> None:
    """Put `machines` (all by default) back to what `name` holds, and set their clocks right.

    What was open between them and the harness is gone: connections are opened anew.
    """
    chosen = cluster.machines if machines is None else machines
    with trace.step("roll {names} back to {name!r}", names=_names(chosen), name=name):
        cluster.disconnect(chosen)
        cluster.hypervisor.restore(name, [machine.name for machine in chosen])
        cluster.on_each(clock.set_right, chosen)


def _names(machines: Sequence[Machine]) -> str:
    return ", ".join(machine.name for machine in machines)
