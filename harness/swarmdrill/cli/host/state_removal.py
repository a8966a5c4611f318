"""Empties the state directory of what this product makes there, by name; what else is in it stays, and is named.

A state directory may be one that a user had before (`--state-dir`), so a name alone is no reason to remove a whole
directory: what is directly in it is looked at as well, and each thing has to be one that set-up, a drill, a build or a
target of the Makefile makes.
"""

import os
import re
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from swarmdrill.base import locks, places
from swarmdrill.base.directories import mounted_below, owner
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import Message, said
from swarmdrill.machines.lab import LABS
from swarmdrill.machines.ownership import NUMBER
from swarmdrill.setup import daemon

_VAGRANT = r"boxes|bundler|data|gems|insecure_private_keys?|plugins\.(d|json)|rgloader|setup_version|tmp|.*\.sha256"
# The directories, each with what can be directly in it.
DIRECTORIES = {
    "allure": r"node_modules|package(-lock)?\.json|stamp",
    "bench": r"[0-9a-f]{7}",
    "bin": r"docker",
    "boxes": r"metadata\.json|\d+\.\d+\.\d+\.\d+",
    "building": r"",
    "engine": r"docker\.pid|dockerd\.(log|pid)",
    "hypervisor": r"(virtlogd|libvirtd)\.(log|pid)",
    "hypothesis": r"\.gitignore|charmap|constants|examples|patches|tmp|unicode_data",
    "labs": r"\.?identity|.+\.lock",
    # tox names a directory for each environment.
    "tox": r"\.gitignore|\.tmp|\.pkg.*|CACHEDIR\.TAG|[a-z]+",
    "uv": r"\.gitignore|bin|include|lib|lib64|pyvenv\.cfg|share",
    "vagrant-home": _VAGRANT,
    "vagrant-home-virtualbox": _VAGRANT,
}
# Beside what a directory must have for that: the names in it are too common to say whose they are.
PROOF = {"tox": "CACHEDIR.TAG", "uv": "pyvenv.cfg"}
FILES = re.compile(
    r"containers-[0-9a-f]{8}\.json|docker-hosts|acceleration\.(json|\d+)|history\.jsonl|swarmdrill\.pot"
    r"|(fresh|lab-tests)\.lock|privileged\.json"  # the last one from before containers ran systemd
)
# The links that this product makes.
LINKS = ("bin/docker", "uv/lib64")


def remove() -> list[Message]:
    """Remove them, and the state directory where nothing else is in it; say of each thing that stays why.

    For when no lab is left, and what set-up started is stopped. The caller has the turn to remove labs.
    """
    state = places.state()
    if not state.is_dir():
        return []
    left = [line for path in sorted(state.iterdir()) for line in _removed(path)]
    if not left and not state.is_symlink():
        state.rmdir()
    return left


def _removed(path: Path) -> Iterator[Message]:
    """Remove one thing of the state directory, and yield a line for each part of it that stays."""
    directory = path.name in DIRECTORIES
    try:
        if not directory and not FILES.fullmatch(path.name):
            yield _stays(path, said("swarmdrill does not make that"))
        elif reason := _doubt(path, directory=directory) or (
            _used(path) if directory else _locked(path, has_turn=True)
        ):
            yield _stays(path, reason)
        elif directory:
            yield from _emptied(path)
        else:
            path.unlink()
    except OSError as problem:
        yield _stays(path, said("{problem}", problem=problem))


def _emptied(directory: Path) -> Iterator[Message]:
    """Remove what may be in the directory, then the directory; yield a line for each thing that stays."""
    stays = False
    # The number of the labs goes last: it proves what else is there.
    for path in sorted(directory.iterdir(), key=lambda path: (path.name == NUMBER, path)):
        if not re.fullmatch(DIRECTORIES[directory.name], path.name):
            reason: Message | None = said("swarmdrill does not make that")
        else:
            reason = _doubt(path, directory=path.is_dir()) or _used_below(path)
        if reason:
            stays = True
            yield _stays(path, reason)
        else:
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    if not stays:
        directory.rmdir()


def _doubt(path: Path, *, directory: bool) -> Message | None:
    """Why it is not what this product and this user made; None when it is."""
    found = path.lstat()
    if found.st_uid != os.geteuid():
        return said("it belongs to {owner}", owner=owner(found.st_uid))
    if stat.S_ISLNK(found.st_mode):
        return None if f"{path.parent.name}/{path.name}" in LINKS else said("it is a link")
    if not (stat.S_ISDIR if directory else stat.S_ISREG)(found.st_mode):
        return said("swarmdrill does not make that")
    return said("something is mounted below it") if directory and mounted_below(path) else None


def _locked(path: Path, *, has_turn: bool = False) -> Message | None:
    """Why a lock file has to stay. The turn to remove labs is one at the state directory, not at those below it."""
    held = path.suffix == ".lock" and locks.is_held(path, has_turn=has_turn)
    return said("it is in use") if held else None


def _used(directory: Path) -> Message | None:
    """Why all of the directory has to stay; None when it need not."""
    if running := daemon.running(directory):
        return said("process {process} is recorded there and runs", process=running)
    if directory.name == "building":
        try:
            with locks.turn(directory, said("nobody else builds an image or a box"), timeout=0):
                return None
        except LabBroken:
            return said("something is being built")
    if directory.name == LABS and any(path.is_dir() or _locked(path) for path in directory.iterdir()):
        return said("there are labs in it")
    if (proof := PROOF.get(directory.name)) and any(directory.iterdir()) and not (directory / proof).is_file():
        return said("there is no {file} in it", file=proof)
    return None


def _used_below(path: Path) -> Message | None:
    """Why one thing in a directory has to stay: a checkout of the bench has a state directory of its own."""
    if path.parent.name != "bench":
        return None
    if not (path / ".git").is_file():
        return said("it is no checkout that the bench made")
    state = path / places.STATE_NAME
    labs = [lab for lab in (state / LABS).glob("*") if lab.is_dir()]
    if labs or any(daemon.running(state / name) for name in ("engine", "hypervisor")):
        return said("it has labs or an engine of its own: run `make clean` there")
    return None


def _stays(path: Path, reason: Message) -> Message:
    return said("left alone: {path}: {reason}", path=path, reason=reason)
