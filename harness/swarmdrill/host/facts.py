"""What this host is, as it is kept beside results: whoever compares runs has to know where they ran."""

import os
import platform
from typing import TypedDict

from swarmdrill.host import engine, resources


class HostFacts(TypedDict):
    """System and its version, cores that may be used, memory, kernel, version of its own Docker Engine ("": none)."""

    system: str
    cores: int
    memory_gib: float
    kernel: str
    engine: str


def describe() -> HostFacts:
    """Look at this host; takes as long as its engine takes to answer."""
    return {
        "system": _system(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(resources.memory("MemTotal") / 2**30, 1),
        "kernel": platform.release(),
        "engine": engine.ask().version,
    }


def _system() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:  # a system without os-release(5)
        return platform.system()
    return f"{release['NAME']} {release.get('VERSION_ID', '')}".strip()
