"""One build at a time in a checkout, whose processes and files go with it, however it ends."""

import hashlib
import os
import shlex
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from swarmdrill.base import locks, places, programs
from swarmdrill.base.directories import mounted_below
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import said
from swarmdrill.base.programs import Process

TURN_SECONDS = 900
BUILD_SECONDS = 900
# A build that was killed is over in a moment; one that goes on is left alone.
TIDY_SECONDS = 2
# In namespaces of their own, the builders' processes end with the first of them, and so do their mounts: as root,
# mmdebstrap mounts this host's /dev/shm into the file system that it builds.
_APART = ("unshare", "--mount", "--propagation=private", "--pid", "--fork", "--kill-child")


@dataclass
class _Turn:
    """The turn of this process: the descriptor that holds it, and the builders that run in it."""

    descriptor: int | None = None
    builders: set[Process] = field(default_factory=set)


_turn = _Turn()


def building() -> Path:
    """Who builds something holds the turn at this directory, and what it needs meanwhile is below it."""
    return places.state() / "building"


def work() -> Path:
    """What mmdebstrap works in, so that a later command finds what is left there.

    Outside of the state directory: without root, mmdebstrap is another user, who may not enter every home directory.
    """
    return Path(tempfile.gettempdir()) / f"swarmdrill-build-{hashlib.sha256(bytes(places.state())).hexdigest()[:6]}"


@contextmanager
def turn(timeout: float = TURN_SECONDS) -> Iterator[Path]:
    """Hold the turn to build something in this checkout; the value is an empty directory to do it in.

    What another build left that was cut off is removed first. `timeout` is in seconds; raises LabBroken when
    another process builds all that time.
    """
    with locks.turn(building(), said("nobody else builds an image or a box"), timeout=timeout) as descriptor:
        _remove_leftovers()
        scratch = building() / "scratch"
        scratch.mkdir()
        _turn.descriptor = descriptor
        try:
            yield scratch
        finally:
            # Ctrl-C does not wait for the threads that wait for builders.
            for builder in list(_turn.builders):
                builder.kill()
                builder.wait()
            _turn.descriptor = None
            _remove_leftovers()


def tidy() -> None:
    """Remove what a build of this checkout left that was cut off; one that goes on is left alone."""
    if _leftovers():
        with suppress(LabBroken), turn(timeout=TIDY_SECONDS):
            pass


def run(command: Sequence[str]) -> None:
    """Run a build command, in this process's turn if it has it. It ends when this process does, however that ends.

    Raises LabBroken with the command and the end of what it said.
    """
    builder = programs.start_beside(
        ["setpriv", "--pdeathsig=KILL", *(_APART if _can_be_apart() else ()), *command],
        more={"DEBIAN_FRONTEND": "noninteractive"},
        descriptors=() if _turn.descriptor is None else (_turn.descriptor,),
    )
    _turn.builders.add(builder)
    try:
        output = programs.last_errors(builder, within=BUILD_SECONDS)
        if output is None:
            raise LabBroken(
                said("no end after {seconds} s: {command}", seconds=BUILD_SECONDS, command=shlex.join(command))
            )
    finally:
        builder.kill()
        builder.wait()
        _turn.builders.discard(builder)
    if builder.returncode != 0:
        tail = "\n".join(output.splitlines()[-15:])
        raise LabBroken(
            said("exit status {status} from: {command}", status=builder.returncode, command=shlex.join(command)), tail
        )


@cache
def _can_be_apart() -> bool:
    """Whether this user may have namespaces; without root mmdebstrap makes its own."""
    return os.geteuid() == 0 and programs.run([*_APART, "true"], timeout=programs.CALL_SECONDS).ok


def _leftovers() -> list[Path]:
    return [path for path in (work(), *building().glob("*")) if path.exists()]


def _remove_leftovers() -> None:
    """Remove them, but nothing that something is mounted below, or that somebody else made in /tmp: it is not ours."""
    for path in _leftovers():
        if path.lstat().st_uid == os.geteuid() and not mounted_below(path):
            shutil.rmtree(path, ignore_errors=path == work())  # without root, some of it is another user's
