"""Locks between processes; the kernel lets go of them when their holder dies, however it dies (flock(2))."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO

from swarmdrill.base.errors import ConditionNotMet, LabBroken, UsageProblem
from swarmdrill.base.messages import Message, of_error, said
from swarmdrill.base.waiting import Answer, Done, NotYet, wait_until


@contextmanager
def held(path: Path, what: Message, purpose: str = "") -> Iterator[None]:
    """Hold the lock file `path` for this process; its id and its `purpose`, one word, are there for who asks.

    Raises UsageProblem, naming `what` is locked and the holder, when another process holds it or another user's is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path, what, f"{os.getpid()} {purpose}".strip()):
        yield


def is_held(path: Path, *, has_turn: bool = False) -> bool:
    """Whether a living process holds the lock file `path`; one that this user may not ask about counts as held.

    Who has the turn at the file's directory says so with `has_turn`: the gate is locked by that, and nobody else asks.
    """
    return purpose_of(path, has_turn=has_turn) is not None


def purpose_of(path: Path, *, has_turn: bool = False) -> str | None:
    """What a living process holds the lock file `path` for, None where none does; "" where it does not say."""
    try:
        if not path.exists():
            return None
        with nullcontext() if has_turn else gate(path.parent), path.open("a+") as file:
            if _try_lock(file):
                return None
            file.seek(0)
            return " ".join(file.read().split()[1:])
    except PermissionError:
        return ""


@contextmanager
def turn(directory: Path, what: Message, *, timeout: float) -> Iterator[int]:
    """Wait for this process's turn at `directory`, which is created, and hold it.

    The value is the descriptor that holds it: a child process that inherits it has the turn as well, until it ends.
    `what` says in the progress what is waited for. Raises LabBroken after `timeout` seconds.
    """
    directory.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY)

    def taken() -> Answer[None]:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return NotYet(said("another process is at it"))
        return Done(None)

    try:
        try:
            wait_until(what, taken, timeout=timeout)
        except ConditionNotMet as problem:  # about processes of this host, and about no claim
            raise LabBroken(of_error(problem)) from None
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _locked(path: Path, what: Message, content: str) -> Iterator[None]:
    """Open and lock `path`. The last holder may remove the file after it was opened here: then it is opened anew.

    It has the `content` from the moment on in which it is locked.
    """
    while True:
        with _opened(path, what) as file:
            with gate(path.parent):
                free = _try_lock(file)
                if free:
                    file.truncate(0)
                    file.write(content)
                    file.flush()
            if not free:
                file.seek(0)
                raise UsageProblem(
                    said(
                        "{what} is in use by process {process}: wait for it, or end that process",
                        what=what,
                        process=next(iter(file.read().split()), "unknown"),
                    )
                )
            if path.exists() and os.fstat(file.fileno()).st_ino == path.stat().st_ino:
                yield
                return


def _opened(path: Path, what: Message) -> IO[str]:
    try:
        return path.open("a+")
    except PermissionError:
        raise UsageProblem(
            said("{what} belongs to {owner}: only that user can have it", what=what, owner=path.parent.owner())
        ) from None


@contextmanager
def gate(directory: Path) -> Iterator[None]:
    """Let one process in at a time, for a moment.

    A process that asks who holds a lock takes that lock for a moment. Only one process asks at a time within the gate,
    so that none takes another one's question for a holder.
    """
    descriptor = os.open(directory, os.O_RDONLY)
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
