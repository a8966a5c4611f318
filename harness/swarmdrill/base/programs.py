"""Run programs of this host. Everything that this project starts here is started in this module, and nowhere else."""

import os
import shlex
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import Message, quoted, said
from swarmdrill.base.settings import how_to

CALL_SECONDS = 60
# A program that goes on while its caller does something else.
Process = subprocess.Popen[bytes]
# What a library raises that runs a program by itself, such as python-vagrant.
ProgramFailed = subprocess.CalledProcessError
Command = Sequence[str | os.PathLike[str]]


@dataclass(frozen=True)
class Ended:
    """A program that ended. `status` is None where it was killed at its time-out; what it had said by then is there.

    `stdout` and `stderr` are text, bytes that are no UTF-8 replaced; `seconds` is how long it ran.
    """

    status: int | None
    stdout: str
    stderr: str
    seconds: float

    @property
    def ok(self) -> bool:
        return self.status == 0


class ClientFailed(LabBroken):
    """A call failed or was not answered in time; `words` is what the client printed on stderr."""

    def __init__(self, command: str, words: Message) -> None:
        self.words = str(words)
        super().__init__(said("{command}: {words}", command=command, words=words))


def run(
    command: Command,
    *,
    timeout: float,
    more: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    merged: bool = False,
) -> Ended:
    """Run a program to its end, without a standard input.

    Args:
        command: its words. The first is a path, or looked for in PATH.
        timeout: seconds after which it is killed.
        more: variables beside those of this process.
        environment: all its variables, in the place of this process's.
        cwd: its working directory.
        merged: let both streams be one, as a terminal shows them; it is in `stdout`.

    Raises:
        OSError: it cannot be started, for instance since it is not there.
    """
    started = time.monotonic()
    status: int | None
    stdout: bytes | None
    stderr: bytes | None
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE,
            timeout=timeout,
            env=dict(os.environ if environment is None else environment) | dict(more or {}),
            cwd=cwd,
            check=False,
        )
        status, stdout, stderr = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        status, stdout, stderr = None, late.stdout, late.stderr
    return Ended(status, _text(stdout), _text(stderr), time.monotonic() - started)


class Runner(Protocol):
    """Starts programs on a computer, as `run` does it on this one."""

    def __call__(
        self,
        command: Command,
        *,
        timeout: float,
        more: Mapping[str, str] | None = None,
        environment: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        merged: bool = False,
    ) -> Ended:
        """Run it to its end; `timeout` in seconds."""


def call(*command: str, timeout: float = CALL_SECONDS, run: Runner = run) -> str:
    """Run `command` and return what it prints, stripped; `timeout` in seconds. Raises ClientFailed.

    `run` is how it is started, where that is not as `run` here does it.
    """
    shown = shlex.join(command)
    try:
        ended = run(command, timeout=timeout)
    except FileNotFoundError:
        missing = said("{program} is missing: run `{setup}`", program=command[0], setup=how_to("setup"))
        raise ClientFailed(shown, missing) from None
    if ended.status is None:
        raise ClientFailed(shown, said("no answer within {seconds:.0f} s", seconds=timeout))
    if not ended.ok:
        raise ClientFailed(shown, quoted(ended.stderr.strip()))
    return ended.stdout.strip()


def start_daemon(command: Command, log: BinaryIO, *, more: Mapping[str, str]) -> Process:
    """Start a program that outlives this process, in a session of its own and in `/`; both its streams go to `log`.

    Raises OSError where it cannot be started.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd="/",
        start_new_session=True,
        env={**os.environ, **more},
    )


def start_beside(command: Command, *, more: Mapping[str, str], descriptors: Sequence[int] = ()) -> Process:
    """Start a program whose errors are read while this process waits for it; it keeps `descriptors` open.

    Raises OSError where it cannot be started.
    """
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        pass_fds=tuple(descriptors),
        env={**os.environ, **more},
    )


def has_ended(process: Process, *, within: float) -> bool:
    """Wait for the end of a program for at most so many seconds; return whether it came."""
    try:
        process.wait(timeout=within)
    except subprocess.TimeoutExpired:
        return False
    return True


def last_errors(process: Process, *, within: float) -> str | None:
    """Wait for the end of what `start_beside` started; return its errors, None where it goes on after these seconds."""
    try:
        _, stderr = process.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        return None
    return _text(stderr)


def _text(output: bytes | None) -> str:
    return (output or b"").decode("utf-8", errors="replace")
