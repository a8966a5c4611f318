"""What this host is, as it is kept beside results: whoever compares runs has to know where they ran."""

import os
import platform

from swarmdrill.host import engine, resources


def describe() -> dict[str, str | int | float]:
    """Its system, cores that may be used, memory, kernel, and the version of its own Docker Engine, "" for none."""
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
