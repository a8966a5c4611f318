"""Locks between processes; the kernel lets go of them when their holder dies, however it dies (flock(2))."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from harness.errors import UsageProblem
from harness.poll import Answer, Done, NotYet, wait_until


@contextmanager
def held(path: Path, what: str) -> Iterator[None]:
    """Hold the lock file `path` for this process and write its id there.

    Raises UsageProblem, naming `what` is locked and the holder, when another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path, what) as file:
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock file `path`."""
    if not path.exists():
        return False
    with _gate(path), path.open("a+") as file:
        return not _try_lock(file)


@contextmanager
def turn(directory: Path, what: str, *, timeout: float) -> Iterator[None]:
    """Wait for this process's turn at `directory`, which is created, and hold it.

    `what` says in the progress what it is about. Raises ConditionNotMet after `timeout` seconds.
    """
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY)

    def taken() -> Answer[None]:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return NotYet("another process is at it")
        return Done(None)

    try:
        wait_until(what, taken, timeout=timeout)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path, what: str) -> Iterator[IO[str]]:
    """Open and lock `path`. The last holder may remove the file after it was opened here: then it is opened anew."""
    while True:
        with path.open("a+") as file:
            with _gate(path):
                free = _try_lock(file)
            if not free:
                file.seek(0)
                raise UsageProblem(
                    f"{what} is in use by process {file.read().strip() or 'unknown'}: wait for it, or end that process"
                )
            if path.exists() and os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                yield file
                return


@contextmanager
def _gate(path: Path) -> Iterator[None]:
    """To ask who holds a lock is to take it for a moment; within the gate nobody mistakes that moment for a holder."""
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
