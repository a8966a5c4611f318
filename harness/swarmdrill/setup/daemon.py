"""A daemon that set-up itself started: how it is started, known again for sure, and stopped."""

import os
import select
import shlex
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from swarmdrill.base import places, programs
from swarmdrill.base.messages import Message, said
from swarmdrill.base.programs import Process
from swarmdrill.setup import steps

# The variable in its environment that says whose it is. Named for the first there was, dockerd: a new name would
# disown those that run.
MARKER = "SWARMDRILL_ENGINE_OF"
_POLL_SECONDS = 0.1
_END_SECONDS = 15


@dataclass(frozen=True)
class Daemon:
    """A daemon that belongs to the directory that is worked in, its `owner`.

    `state` holds its log and its record, `arguments` go to its command.
    """

    program: str
    state: Path
    arguments: tuple[str, ...] = ()
    owner: Path = field(default_factory=places.project)

    @property
    def name(self) -> str:
        return Path(self.program).name

    @property
    def log(self) -> Path:
        return self.state / f"{self.name}.log"

    @property
    def record(self) -> Path:
        """The file that says which process it is: pid and start time in clock ticks since boot."""
        return self.state / f"{self.name}.pid"

    @property
    def command(self) -> list[str]:
        return [self.program, *self.arguments]

    def start(self, answers: Callable[[], bool], *, timeout: float) -> None:
        """Start it, detached from this process and terminal, and return when `answers()` says so.

        `timeout` is in seconds. Raises StepFailed with the end of its log when it exits or is not ready
        in time; it does not run then.
        """
        self.state.mkdir(parents=True, exist_ok=True)
        try:
            with self.log.open("wb") as log:
                process = programs.start_daemon(self.command, log, more={MARKER: str(self.owner)})
        except OSError as problem:
            raise self._failed(said("cannot start: {problem}", problem=problem)) from problem
        self.record.write_text(f"{process.pid} {start_time(process.pid)}\n", encoding="ascii")
        deadline = time.monotonic() + timeout
        while not answers():
            if process.poll() is not None:
                self.record.unlink()
                raise self._failed(said("exited with status {status}", status=process.returncode))
            if time.monotonic() > deadline:
                _end(process)
                self.record.unlink()
                raise self._failed(said("did not answer within {seconds:.0f} s", seconds=timeout))
            time.sleep(_POLL_SECONDS)

    def _failed(self, what: Message) -> steps.StepFailed:
        written = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        message = said("{command}\n  {what}; {log} ends:", command=shlex.join(self.command), what=what, log=self.log)
        return steps.StepFailed(message, steps.last_lines(written))

    def pid(self) -> int | None:
        """Its process id, or None when what was started is gone, even if another process has its pid now."""
        try:
            words = self.record.read_text(encoding="ascii").split()
            pid, started = int(words[0]), words[1]
        except (FileNotFoundError, ValueError, IndexError):
            return None
        return pid if start_time(pid) == started and _owner(pid) == str(self.owner) else None

    def stop(self, *, timeout: float) -> bool:
        """Ask it to end and wait until it has; return whether there was one.

        `timeout` is in seconds. Raises StepFailed when it has not ended by then; it is not killed, because
        the processes that it looks after would stay behind.
        """
        recorded = self.pid()
        if recorded is None:
            self.record.unlink(missing_ok=True)
            return False
        try:
            handle = os.pidfd_open(recorded)
        except ProcessLookupError:
            self.record.unlink(missing_ok=True)
            return False
        try:
            # Looked at again now that the handle is held: from here on it cannot become another process.
            if self.pid() == recorded:
                signal.pidfd_send_signal(handle, signal.SIGTERM)
                if not _ended(handle, timeout):
                    raise steps.StepFailed(
                        said(
                            "kill {process}\n  {name} did not end within {seconds:.0f} s; see {log}",
                            process=recorded,
                            name=self.name,
                            seconds=timeout,
                            log=self.log,
                        )
                    )
        finally:
            os.close(handle)
        with suppress(ChildProcessError):
            os.waitpid(recorded, os.WNOHANG)
        self.record.unlink(missing_ok=True)
        return True


def running(state: Path) -> int | None:
    """A process that is recorded in `state` and runs still, whichever project started it; None where there is none."""
    for record in sorted(state.glob("*.pid")):
        words = record.read_text(encoding="ascii", errors="replace").split()
        if len(words) == 2 and words[0].isdigit() and start_time(int(words[0])) == words[1]:
            return int(words[0])
    return None


def start_time(pid: int) -> str:
    """When the process started, in clock ticks since boot (proc(5), stat, field 22); empty: it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return ""
    # The second field is the command's name in brackets, and may itself hold blanks and brackets.
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def _owner(pid: int) -> str | None:
    """The checkout whose set-up started the process; None when it was not one, or may not be looked at."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return None
    for entry in environment.split(b"\0"):
        name, _, value = entry.partition(b"=")
        if name.decode(errors="replace") == MARKER:
            return os.fsdecode(value)
    return None


def _end(process: Process) -> None:
    """End a daemon that never answered, and what it started with it."""
    process.terminate()
    if not programs.has_ended(process, within=_END_SECONDS):
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _ended(handle: int, timeout: float) -> bool:
    poll = select.poll()
    poll.register(handle, select.POLLIN)
    return bool(poll.poll(timeout * 1000))
