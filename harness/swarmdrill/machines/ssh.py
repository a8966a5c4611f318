"""One persistent ssh connection per machine: run a command, tunnel the Docker socket."""

import asyncio
import shlex
import threading
import time
from collections.abc import Coroutine
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import said

if TYPE_CHECKING:
    import asyncssh

T = TypeVar("T")

CONNECT_SECONDS = 20
# Two missed answers end the connection, so that a dead machine is noticed while a long command runs.
KEEPALIVE_SECONDS = 5
KEEPALIVE_MISSES = 2
# After its time-out a command has this long to end on SIGTERM; then it gets SIGKILL.
GRACE_SECONDS = 5
TIMED_OUT = (124, 137)  # exit statuses of timeout(1): ended by SIGTERM, or by the SIGKILL that follows


@dataclass(frozen=True)
class Completed:
    """A command that ended: `duration` in seconds; output decoded as UTF-8 with replacement."""

    exit_status: int
    stdout: str
    stderr: str
    duration: float


class MachineUnreachable(LabBroken):
    """A machine cannot be reached by ssh, or the connection to it was lost."""


class CommandTimeout(LabBroken):
    """A command did not end in time."""


_loop_lock = threading.Lock()


@cache
def _make_loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="swarmdrill-ssh", daemon=True).start()
    return loop


def _loop() -> asyncio.AbstractEventLoop:
    """The one event loop of all connections, in a thread of its own for the life of the process."""
    with _loop_lock:  # functools.cache alone lets two threads make two loops
        return _make_loop()


def _wait(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, _loop()).result()


class Remote:
    """The connection to one machine, opened when first needed and again after it was lost."""

    def __init__(self, name: str, ssh_config: Path) -> None:
        self.name = name
        self.ssh_config = ssh_config
        self._connection: asyncssh.SSHClientConnection | None = None
        self._tunnels: dict[Path, asyncssh.SSHListener] = {}
        self._opening: asyncio.Lock | None = None
        self._tunnelling: asyncio.Lock | None = None

    def run(self, command: str, *, timeout: float, stdin: str = "") -> Completed:
        """Run `command` in the machine's login shell; safe to call from several threads.

        `timeout` is in seconds. Raises CommandTimeout when it passes: the command and what it started in its
        process group get SIGTERM, and SIGKILL 5 s later. MachineUnreachable when there is no connection or
        it is lost. A command that a signal ended has the exit status of a shell: 128 + n.
        """
        return _wait(self._run(command, timeout, stdin))

    def forward_socket(self, local: Path, remote: str) -> None:
        """Let `local` (a Unix socket path, at most 107 bytes) lead to the socket `remote` on the machine.

        Does nothing where it does so already, and opens the tunnel again where the connection was lost meanwhile.
        """
        _wait(self._forward(local, remote))

    @property
    def is_connected(self) -> bool:
        """Whether the connection is there now, as far as is known: a dead machine is noticed after 10 s."""
        return self._connection is not None and not self._connection.is_closed()

    def close(self) -> None:
        """Close the connection and its tunnels; the next command would open it again."""
        _wait(self._close())

    async def _connected(self) -> "asyncssh.SSHClientConnection":
        import asyncssh  # noqa: PLC0415  (a tenth of a second, which a lab that boots hides)

        self._opening = self._opening or asyncio.Lock()
        async with self._opening:
            if self._connection is None or self._connection.is_closed():
                self._end_tunnels()
                try:
                    self._connection = await asyncssh.connect(
                        self.name,
                        config=[str(self.ssh_config)],
                        known_hosts=None,
                        agent_path=None,
                        login_timeout=CONNECT_SECONDS,
                        connect_timeout=CONNECT_SECONDS,
                        keepalive_interval=KEEPALIVE_SECONDS,
                        keepalive_count_max=KEEPALIVE_MISSES,
                    )
                except (OSError, asyncssh.Error) as problem:
                    raise MachineUnreachable(
                        said("{name} cannot be reached by ssh: {problem}", name=self, problem=problem)
                    ) from problem
            return self._connection

    async def _run(self, command: str, timeout: float, stdin: str) -> Completed:
        import asyncssh  # noqa: PLC0415  (as in `_connected`)

        connection = await self._connected()
        started = time.monotonic()
        try:
            done = await connection.run(
                _bounded(command, timeout), input=stdin, timeout=timeout + 2 * GRACE_SECONDS, errors="replace"
            )
        except asyncssh.TimeoutError:
            raise CommandTimeout(
                said(
                    "{name}: no end after {timeout:.0f} s, and it cannot be ended: {command}",
                    name=self,
                    timeout=timeout,
                    command=command,
                )
            ) from None
        except (OSError, asyncssh.Error) as problem:
            raise MachineUnreachable(
                said(
                    "{name}: connection lost during {command!r}: {problem}", name=self, command=command, problem=problem
                )
            ) from problem
        duration = time.monotonic() - started
        if done.returncode is None:
            raise MachineUnreachable(said("{name}: connection lost during {command!r}", name=self, command=command))
        status = done.returncode if done.returncode >= 0 else 128 - done.returncode
        if status in TIMED_OUT and duration >= timeout:
            raise CommandTimeout(
                said("{name}: no end after {timeout:.0f} s: {command}", name=self, timeout=timeout, command=command)
            )
        return Completed(status, str(done.stdout), str(done.stderr), duration)

    async def _forward(self, local: Path, remote: str) -> None:
        import asyncssh  # noqa: PLC0415  (as in `_connected`)

        self._tunnelling = self._tunnelling or asyncio.Lock()
        async with self._tunnelling:
            connection = await self._connected()
            if local in self._tunnels:
                return
            local.unlink(missing_ok=True)
            try:
                listener = await connection.forward_local_path(str(local), remote)
            except (OSError, asyncssh.Error) as problem:
                raise MachineUnreachable(
                    said("{name}: cannot tunnel {remote}: {problem}", name=self, remote=remote, problem=problem)
                ) from problem
            if self._connection is not connection:  # lost and opened anew meanwhile
                listener.close()
                raise MachineUnreachable(
                    said("{name}: connection lost while {remote} was tunnelled", name=self, remote=remote)
                )
            self._tunnels[local] = listener

    async def _close(self) -> None:
        self._end_tunnels()
        if self._connection is not None:
            self._connection.close()
            await self._connection.wait_closed()
            self._connection = None

    def _end_tunnels(self) -> None:
        for listener in self._tunnels.values():
            listener.close()
        self._tunnels.clear()


def _bounded(command: str, timeout: float) -> str:
    """The command under timeout(1): sshd hands no signal on to a session of root (OpenSSH, session.c)."""
    return f"exec timeout --kill-after={GRACE_SECONDS} {timeout:g} bash -c {shlex.quote(command)}"
