"""How many clusters this host carries side by side: what `-n auto` means in a drill."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.config import Settings
from harness.provider import room
from harness.provider.registry import PROVIDERS

COUNT_SECONDS = 60
_COLLECTED = re.compile(r"\b(\d+)(?:/\d+)? tests? collected")


@dataclass(frozen=True)
class Footprint:
    """What machines of a kind cost: how many clusters one core carries, and a machine's memory in GiB."""

    clusters_per_core: float
    gib_per_machine: float


# By estimate: a scenario on containers mostly waits for elections, and three of them take about 1.2 GiB at their most.
CONTAINERS = Footprint(clusters_per_core=5, gib_per_machine=0.4)
# 1 GiB is the machine's own, the rest its emulator's. Their kernels and engines keep a core busy, even when emulated.
VIRTUAL = Footprint(clusters_per_core=0.5, gib_per_machine=1.2)


def clusters(footprint: Footprint, *, cores: int, memory: int, machines: int, items: int | None = None) -> int:
    """How many clusters of that many `machines` run well at the same time, at least 1.

    `memory` is what is available, in bytes. `items` is how many scenarios there are, since more clusters than that
    would have nothing to do; None where that is not known.
    """
    by_cores = int(cores * footprint.clusters_per_core)
    by_memory = int(memory / (machines * footprint.gib_per_machine * 2**30))
    wanted = by_cores if items is None else min(by_cores, items)
    return max(1, min(wanted, by_memory))


def on_this_host(settings: Settings, items: int | None) -> int:
    """How many clusters as asked for this host carries, for that many scenarios."""
    return clusters(
        VIRTUAL if PROVIDERS[settings.provider].HYPERVISOR else CONTAINERS,
        cores=len(os.sched_getaffinity(0)),
        memory=room.memory("MemAvailable"),
        machines=settings.managers + settings.workers,
        items=items,
    )


def selected(arguments: Sequence[str], directory: Path) -> int | None:
    """How many scenarios pytest selects with these arguments in that directory; None where that cannot be said.

    Asked of another pytest: the controller of workers never collects, and has to know before it starts them.
    """
    command = [sys.executable, "-m", "pytest", *arguments, "-n0", "--collect-only", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            command, cwd=directory, capture_output=True, text=True, errors="replace", timeout=COUNT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return None
    found = _COLLECTED.findall(done.stdout)
    return int(found[-1]) if found else None
