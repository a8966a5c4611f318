"""What this host is and what runs on it, as it is kept beside results: whoever compares runs has to know.

Nothing here is said of a program that a run does not use, and the version of one that does not answer is "".
"""

import importlib.metadata
import os
import platform
import re
from pathlib import Path
from typing import TypedDict

from swarmdrill.host import client, engine, resources, tools
from swarmdrill.host.client import Client
from swarmdrill.host.host import Host


class HostFacts(TypedDict):
    """System and its version, cores that may be used, memory, kernel, version of its own Docker Engine ("": none)."""

    system: str
    cores: int
    memory_gib: float
    kernel: str
    engine: str


def describe(host: Host) -> HostFacts:
    """Look at this host; takes as long as its engine takes to answer."""
    return {
        "system": _system(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(resources.memory("MemTotal") / 2**30, 1),
        "kernel": platform.release(),
        "engine": engine.ask(host).version,
    }


def _system() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:  # a system without os-release(5)
        return platform.system()
    return f"{release['NAME']} {release.get('VERSION_ID', '')}".strip()


def docker_client(host: Host) -> Client:
    """The docker client that is run."""
    return client.asked(host.client)


def versions() -> dict[str, str]:
    """The versions of what decides how any run goes: python, the packages it needs, vagrant."""
    return {"python": platform.python_version(), **_packages(), "vagrant": tools.examine("vagrant").version}


def _packages() -> dict[str, str]:
    """Those that this project needs itself, as it declares them; none where it is not installed."""
    try:
        needed = importlib.metadata.requires("swarmdrill") or []
    except importlib.metadata.PackageNotFoundError:
        return {}
    names = [re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in needed if "extra ==" not in each]
    return {name: importlib.metadata.version(name) for name in names}


class SourceTree(TypedDict):
    """The commit that the code is of, and whether nothing but docs/ differs; "" and None where that is not known.

    Runs and nights are stored in docs/, also those that are going on: what is there does not change what runs.
    """

    commit: str
    clean: bool | None


def source(package: Path) -> SourceTree:
    """What git says of the tree that `package` is in, where that is its own and not one that it is installed in."""
    git = ["git", "-C", str(package)]
    if not tools.output([*git, "ls-files", "--error-unmatch", "__init__.py"]):
        return {"commit": "", "clean": None}
    # With a line for the branch, so that a clean tree is told apart from a git that fails.
    what = ("--", ":/", ":(top,exclude)docs")
    status = tools.output([*git, "status", "--porcelain", "--branch", *what]).splitlines()
    return {
        "commit": tools.output([*git, "rev-parse", "HEAD"]).strip(),
        "clean": len(status) == 1 if status else None,
    }
