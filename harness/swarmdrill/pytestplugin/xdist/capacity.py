"""How many clusters this host carries side by side: what `-n auto` means in a drill."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from swarmdrill.base.settings import Settings
from swarmdrill.host import inotify, resources
from swarmdrill.machines import registry


@dataclass(frozen=True)
class Footprint:
    """What machines of a kind cost: how many clusters one core carries, and a machine's memory in GiB."""

    clusters_per_core: float
    gib_per_machine: float


# A scenario on containers mostly waits for elections; how many a core carries is by estimate. Ten clusters that drilled
# everything had about 5 GB in use on the whole host at their most (docs/performance.md).
CONTAINERS = Footprint(clusters_per_core=5, gib_per_machine=0.25)
# 1 GiB is the machine's own, the rest its emulator's. Their kernels and engines keep a core busy, even when emulated.
VIRTUAL = Footprint(clusters_per_core=0.5, gib_per_machine=1.2)


def clusters(footprint: Footprint, *, cores: int, memory: int, most: float, machines: Sequence[int]) -> int:
    """How many clusters run well at the same time, at least 1.

    `memory` is what is available, in bytes, `most` how many machines something else allows, `machines` how many each
    scenario needs. More clusters than scenarios would
    have nothing to do, and the largest must find room side by side.
    """
    largest = sorted(machines, reverse=True)[: int(cores * footprint.clusters_per_core)]
    room_for = min(memory / (footprint.gib_per_machine * 2**30), most)
    return max(1, sum(needed <= room_for for needed in accumulate(largest)))


def on_this_host(settings: Settings, machines: Sequence[int] | None) -> int:
    """How many clusters this host carries, for scenarios that need that many machines.

    None is for any number of scenarios on the machines that were asked for.
    """
    virtual = registry.asked_for(settings).hypervisor is not None
    footprint = VIRTUAL if virtual else CONTAINERS
    cores = len(os.sched_getaffinity(0))
    usual = settings.managers + settings.workers
    return clusters(
        footprint,
        cores=cores,
        memory=resources.memory("MemAvailable"),
        most=math.inf if virtual else inotify.machines(),
        machines=[usual] * int(cores * footprint.clusters_per_core) if machines is None else machines,
    )
