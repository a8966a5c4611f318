"""Programs on this machine: where they are and which version they say they are."""

import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from swarmdrill.base import programs
from swarmdrill.base.programs import Ended

Version = tuple[int, ...]

# Administrators' programs (dockerd, iptables) are not on the PATH of every user, but they are there.
ADMIN_DIRECTORIES = ("/usr/local/sbin", "/usr/sbin", "/sbin")
# The keys of Debian's archive (package debian-archive-keyring), by which mmdebstrap knows Debian's packages.
DEBIAN_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_ANSWER_SECONDS = 20


@dataclass(frozen=True)
class ToolFinding:
    """What is there: `version` as text (empty: nothing), and `problem`, empty when it will do."""

    version: str = ""
    problem: str = ""

    @property
    def ok(self) -> bool:
        return not self.problem


def find(program: str) -> str | None:
    """The path of `program`, looked for where administrators' programs are as well; None: not there."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *ADMIN_DIRECTORIES))
    return shutil.which(program, path=path)


def version_in(text: str) -> str | None:
    """The first thing in `text` that looks like a version: digits with dots between."""
    match = re.search(r"\d+(?:\.\d+)+", text)
    return match.group() if match else None


def as_numbers(version: str) -> Version:
    """`"20.10.24"` as `(20, 10, 24)`, for comparing; anything after the numbers is left out."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(int(part) for part in match.group().split(".")) if match else ()


def dotted(version: Version) -> str:
    """`(20, 10)` as `"20.10"`."""
    return ".".join(map(str, version))


def examine(program: str, flag: str = "--version", minimum: Version = ()) -> ToolFinding:
    """Ask `program` for its version with `flag` and compare it with `minimum`."""
    path = find(program)
    if path is None:
        return ToolFinding(problem=f"{program} is missing")
    try:
        done = _run([path, flag])
    except OSError as problem:
        return ToolFinding(problem=f"{path} does not work: {problem}")
    if done.status is None:
        return ToolFinding(problem=f"{path} does not work: {flag} was not answered within {_ANSWER_SECONDS} s")
    version = version_in(done.stdout)
    if not done.ok or version is None:
        said = (done.stdout.strip().splitlines() or ["nothing"])[0]
        return ToolFinding(problem=f"{path} {flag} ended with status {done.status} and said: {said}")
    if as_numbers(version) < minimum:
        return ToolFinding(version, f"{path} is version {version}, {dotted(minimum)} or later is needed")
    return ToolFinding(version)


def output(command: Sequence[str]) -> str:
    """What `command` prints, both streams together; empty when it does not work."""
    try:
        done = _run(command)
    except OSError:
        return ""
    return done.stdout if done.ok else ""


def _run(command: Sequence[str]) -> Ended:
    return programs.run(command, timeout=_ANSWER_SECONDS, merged=True)
