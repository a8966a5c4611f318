"""Debian packages: which of them can be had, and the one command that installs what is missing."""

import os
import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from swarmdrill.base import programs
from swarmdrill.base.messages import Message, said
from swarmdrill.base.settings import how_to
from swarmdrill.host import tools
from swarmdrill.setup import steps

LISTS = Path("/var/lib/apt/lists")
_UPDATE_SECONDS = 600
INSTALL_SECONDS = 1800
# Recommended packages stay out: vagrant's would bring libvirt and QEMU where only containers are wanted.
# Another apt that runs is waited for, as apt itself does it.
_INSTALL = (
    *("env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--no-install-recommends"),
    *("-o", "DPkg::Lock::Timeout=120"),
)
UPDATE = ("apt-get", "update", "--quiet")
# What they are called for the user.
APT_LISTS = said("apt's package lists")


def privilege() -> tuple[str, ...] | None:
    """What goes before a command that needs root: nothing, or `sudo -n`; None: this user cannot."""
    if os.geteuid() == 0:
        return ()
    if tools.find("sudo") is None:
        return None
    return ("sudo", "-n") if programs.run(["sudo", "-n", "true"], timeout=programs.CALL_SECONDS).ok else None


def has_lists() -> bool:
    """Whether apt knows any package: a fresh machine has no lists before the first update."""
    return any(LISTS.glob("*_Packages*"))


def candidate(package: str, options: Sequence[str] = ()) -> str:
    """The version apt, with these `options`, would install of `package`, without epoch; empty: none, or no apt."""
    if tools.find("apt-cache") is None:
        return ""
    command = ["apt-cache", "policy", package, *options]
    policy = programs.run(command, timeout=programs.CALL_SECONDS, more={"LC_ALL": "C"})
    match = re.search(r"^ +Candidate: (?:\d+:)?(\d\S*)$", policy.stdout, re.MULTILINE)
    return match.group(1) if match else ""


def targets(columns: str) -> list[str]:
    """The package lists that apt's sources name, a line for each in the format of `apt-get indextargets`."""
    if tools.find("apt-get") is None:
        return []
    command = ["apt-get", "indextargets", "--format", columns, "Created-By: Packages"]
    return programs.run(command, timeout=programs.CALL_SECONDS).stdout.splitlines()


def choose(packages: Sequence[str]) -> tuple[list[str], list[str]]:
    """Of `packages` (`a|b` for alternatives): what to install, and what this system does not have."""
    there: list[str] = []
    absent: list[str] = []
    for entry in packages:
        name = next((each for each in entry.split("|") if candidate(each)), None)
        (absent if name is None else there).append(name or entry)
    return list(dict.fromkeys(there)), absent


def install_command(packages: Sequence[str], prefix: Sequence[str] = (), options: Sequence[str] = ()) -> list[str]:
    """The command that installs `packages` without asking; `prefix` as `privilege` returns it."""
    return [*prefix, *_INSTALL, *options, *packages]


def authorise(packages: Sequence[str]) -> tuple[str, ...]:
    """The prefix with which this user may install `packages`.

    Raises UserMustAct with the one command to run when this user may not, or when there is no apt.
    """
    # Before the first update of the lists no candidate is known: then the last alternative, the older name.
    names = list(dict.fromkeys((choose([entry])[0] or entry.split("|")[-1:])[0] for entry in packages))
    if tools.find("apt-get") is None:
        raise steps.UserMustAct(
            said(
                "this system has no apt, so install these yourself, then run `{setup}` again (their names in Debian): "
                "{names}",
                setup=how_to("setup"),
                names=" ".join(names),
            )
        )
    prefix = privilege()
    if prefix is None:
        update, command = shlex.join(("sudo", *UPDATE)), shlex.join(install_command(names, ("sudo",)))
        line = f"{update} && {command}"
        raise steps.UserMustAct(
            said("root is needed; run this, then `{setup}` again:\n  {line}", setup=how_to("setup"), line=line)
        )
    return prefix


def update(prefix: Sequence[str], options: Sequence[str] = (), what: Message = APT_LISTS) -> None:
    """Fetch the package lists, `what` they are called for the user. Raises StepFailed."""
    with steps.step("update {what}", what=what):
        steps.run([*prefix, *UPDATE, *options], timeout=_UPDATE_SECONDS)


def install(packages: Sequence[str], prefix: Sequence[str]) -> None:
    """Install `packages`, each a name or `a|b` for alternatives.

    Raises UserMustAct when this system's archive has no such package, StepFailed when apt fails.
    """
    there, absent = choose(packages)
    if absent:
        raise steps.UserMustAct(
            said(
                "this system's package archive has no {absent:,}: install it as its makers describe, then run "
                "`{setup}` again",
                absent=absent,
                setup=how_to("setup"),
            )
        )
    with steps.step("install {packages:,}", packages=there):
        steps.run(install_command(there, prefix), timeout=INSTALL_SECONDS)
