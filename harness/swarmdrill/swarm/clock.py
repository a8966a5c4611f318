"""The machines' clocks, where they have their own."""

import time
from datetime import UTC, datetime, timedelta

from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


def set_right(machine: Machine) -> None:
    """Set the machine's clock to this host's, which is as exact as a command takes to arrive."""
    machine.run(f"date --utc --set=@{time.time():.3f}", why=said("set the clock right"))


def move(cluster: Cluster, *, days: int) -> None:
    """Set the clocks of all machines to `days` from now."""
    there = datetime.now(UTC) + timedelta(days=days)
    with trace.step("move every machine's clock to {time} UTC", time=f"{there:%Y-%m-%d %H:%M}"):
        cluster.on_each(
            lambda machine: machine.run(
                f"date --utc --set=@{there.timestamp():.0f}", why=said("{days} days later", days=days)
            ),
            cluster.machines,
        )
