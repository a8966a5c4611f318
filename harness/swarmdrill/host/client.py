"""The docker client that is run: one path that set-up found, the same for every call, whatever PATH has later.

A host can have several (here a newer one of Docker's own stands before Debian's), and which of them is first differs
between a shell, cron and sudo. Set-up takes the first that will do and links to it; the link is also the only program
in its directory, so that Vagrant, which looks in PATH, can be given the same one. To have another, change the link.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from swarmdrill.base import places
from swarmdrill.host import tools
from swarmdrill.host.tools import ToolFinding, Version

PROGRAM = "docker"
# The engines' own lower bound; a client of that age speaks to all of them.
MINIMUM: Version = (20, 10)


@dataclass(frozen=True)
class Client:
    """A docker client: where it is, and its version, "" where it does not say one."""

    path: str
    version: str


def link() -> Path:
    """Where set-up keeps which client it took."""
    return places.state() / "bin" / PROGRAM


def path() -> str:
    """The client that is run: what set-up took, else the first in PATH; the bare name where there is none.

    The link's target and not the link: a client that is a link itself may look at what it was called as.
    """
    if os.access(link(), os.X_OK):
        return str(link().readlink())
    return tools.find(PROGRAM) or PROGRAM


def in_use() -> Client:
    """The client that is run, asked for its version."""
    return asked(path())


def asked(program: str) -> Client:
    """That client, asked for its version."""
    return Client(program, _version(program))


def candidates() -> list[Client]:
    """Every client of this host that works, in the order of PATH; administrators' directories come last."""
    directories = (*os.environ.get("PATH", os.defpath).split(os.pathsep), *tools.ADMIN_DIRECTORIES)
    found: dict[Path, Path] = {}  # by what it is: /bin is /usr/bin on most systems
    for directory in filter(None, directories):
        program = Path(directory, PROGRAM)
        if program.parent != link().parent and os.access(program, os.X_OK) and program.is_file():
            found.setdefault(program.resolve(), program)
    asked = (Client(str(program), _version(program)) for program in found.values())
    return [each for each in asked if each.version]


def suitable() -> list[Client]:
    """Those of the candidates that are new enough."""
    return [each for each in candidates() if tools.as_numbers(each.version) >= MINIMUM]


def examine_any() -> ToolFinding:
    """Whether there is one that is new enough."""
    good = suitable()
    return ToolFinding(good[0].version) if good else tools.examine(PROGRAM, minimum=MINIMUM)


def examine() -> ToolFinding:
    """Whether set-up took a client, and that one still works."""
    if not os.access(link(), os.X_OK):
        return ToolFinding(problem="none is chosen")
    found = tools.examine(str(link().readlink()), minimum=MINIMUM)
    return ToolFinding(f"{found.version} ({link().readlink()})" if found.version else "", found.problem)


def environment(engine: str) -> dict[str, str]:
    """This process's variables, for a program that takes docker from PATH, and its engine from DOCKER_HOST."""
    others = {name: value for name, value in os.environ.items() if name != "DOCKER_CONTEXT"}
    return {**first_in(others), "DOCKER_HOST": engine}


def first_in(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` with a PATH in which the client that is run stands first, for programs that look there."""
    paths = [environment.get("PATH", os.defpath)]
    if os.access(link(), os.X_OK):
        paths.insert(0, str(link().parent))
    return {**environment, "PATH": os.pathsep.join(paths)}


def _version(program: str | Path) -> str:
    return tools.version_in(tools.output([str(program), "--version"])) or ""
