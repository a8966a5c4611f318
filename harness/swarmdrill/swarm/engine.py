"""One Docker Engine: the docker client and python-on-whales, with a time-out and a record of every call."""

import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from python_on_whales import DockerClient
from python_on_whales.exceptions import DockerException

from swarmdrill.base import trace
from swarmdrill.base.directories import own_directory
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import Sentence
from swarmdrill.base.redaction import redact
from swarmdrill.base.waiting import Condition, wait_until
from swarmdrill.host import client
from swarmdrill.machines.ssh import TIMED_OUT
from swarmdrill.swarm.shell import Shell

T = TypeVar("T")

CALL_SECONDS = 30
SOCKET = "/var/run/docker.sock"
RECORDER = Path(__file__).with_name("recorded-docker")


class EngineError(LabBroken):
    """A call to an engine failed or did not answer in time; `stderr` is what the docker client said."""

    def __init__(self, machine: str, command: str, stderr: str) -> None:
        self.machine = machine
        self.stderr = stderr
        super().__init__(redact(f"{machine}: docker {command}: {stderr}"))


class Engine:
    """The engine of one machine, reached through a tunnel of its socket.

    Who changes something uses python-on-whales (`ask`); who asks again and again what is there, the docker client
    itself (`docker`), which python-on-whales starts as well, but more often.
    """

    def __init__(self, shell: Shell, sockets: Path) -> None:
        self._shell = shell
        # Of this process and machine alone: another command may look at the same lab at the same time.
        self._scratch = sockets / str(os.getpid()) / shell.name
        self._socket = self._scratch / "engine.sock"

    @property
    def name(self) -> str:
        return self._shell.name

    def ask(self, question: Callable[[DockerClient], T], *, why: str = "", timeout: float = CALL_SECONDS) -> T:
        """Let `question` use a client of this engine, and return its answer; safe to call from several threads.

        python-on-whales objects fetch their attributes when they are read, so `question` has to return
        plain values: after it, the client no longer works.
        `timeout` is in seconds before scaling and holds for each call of the docker client. Raises
        EngineError with what the client said, LabBroken when the machine cannot be reached.
        """
        self._connect()
        # python-on-whales runs the docker client without a time-out and tells nobody: `recorded-docker` bounds it and
        # leaves a record that becomes an event of the trace.
        spool = Path(tempfile.mkdtemp(prefix="calls-", dir=self._scratch))
        limit = self._limit(timeout)
        whales = DockerClient(
            host=f"unix://{self._socket}",
            config=self._scratch,  # an empty configuration: none of the user's contexts or credentials
            client_call=[str(RECORDER), str(spool), limit, client.path()],
        )
        try:
            return question(whales)
        except DockerException as problem:
            said = (problem.stderr or problem.stdout or "").strip()
            if problem.return_code in TIMED_OUT:
                said = _late(limit)
            raise EngineError(self.name, _subcommand(problem.docker_command), said) from None
        finally:
            self._report(spool, why)
            shutil.rmtree(spool)

    def docker(self, *words: str, why: str = "", timeout: float = CALL_SECONDS) -> str:
        """Run the docker client once, and return what it prints; safe to call from several threads.

        `words` are its command, such as "node", "ls". `timeout` and errors are as with `ask`.
        """
        self._connect()
        limit = self._limit(timeout)
        options = ["--config", str(self._scratch), "--host", f"unix://{self._socket}"]
        started, stdout, stderr = time.monotonic(), "", ""
        status: int | None = None
        try:
            done = subprocess.run(
                [client.path(), *options, *words],
                capture_output=True,
                check=False,
                timeout=float(limit),
                errors="replace",
            )
            status, stdout, stderr = done.returncode, done.stdout, done.stderr
        except subprocess.TimeoutExpired as expired:
            stdout, said = _partial(expired.stdout), _partial(expired.stderr)
            stderr = "\n".join([*said.splitlines(), _late(limit)])
        trace.command_finished(
            self.name,
            "docker " + shlex.join(words),
            exit_status=status,
            stdout=stdout,
            stderr=stderr,
            duration=time.monotonic() - started,
            why=why,
        )
        if status is None:
            raise EngineError(self.name, shlex.join(words), _late(limit))
        if status != 0:
            raise EngineError(self.name, shlex.join(words), (stderr or stdout).strip())
        return stdout

    def wait(self, what: Sentence, condition: Condition[T], *, seconds: float) -> T:
        """Ask `condition` until it is done, and return its value; `seconds` before scaling. Raises ConditionNotMet."""
        return wait_until(what, condition, timeout=seconds, clock=self._shell.clock)

    def close(self) -> None:
        """Remove what this process keeps for the tunnel, which ends with the connection."""
        shutil.rmtree(self._scratch, ignore_errors=True)
        with suppress(OSError):  # another machine's is still there, or nothing ever was
            self._scratch.parent.rmdir()

    def _connect(self) -> None:
        """Have the tunnel, and the directory for its socket and the client's empty configuration."""
        own_directory(self._scratch.parents[1], 0o700)
        self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._shell.remote.forward_socket(self._socket, SOCKET)

    def _limit(self, timeout: float) -> str:
        """Seconds on this machine, as timeout(1) takes them."""
        return f"{self._shell.clock.seconds(timeout):.0f}"

    def _report(self, spool: Path, why: str) -> None:
        """Turn the records of the calls into events, in the order in which the calls started."""
        for record in sorted(spool.glob("call.*"), key=lambda path: (path / "argv").stat().st_mtime_ns):
            argv = (record / "argv").read_text(errors="replace").split("\0")[:-1]
            status = record / "status"
            ended = status.exists() and int(status.read_text()) not in TIMED_OUT
            started = (record / "argv").stat().st_mtime_ns
            last = (status if status.exists() else record).stat().st_mtime_ns
            trace.command_finished(
                self.name,
                "docker " + _subcommand(argv),
                exit_status=int(status.read_text()) if ended else None,
                stdout=(record / "stdout").read_text(errors="replace"),
                stderr=(record / "stderr").read_text(errors="replace"),
                duration=(last - started) / 1e9,
                why=why,
                at=last / 1e9,
            )


def _late(limit: str) -> str:
    return f"no answer within {limit} s"


def _partial(output: str | bytes | None) -> str:
    """What a client had printed by its time-out: bytes, also where text was asked for (subprocess.TimeoutExpired)."""
    return output.decode(errors="replace") if isinstance(output, bytes) else output or ""


def _subcommand(argv: list[str]) -> str:
    """The docker command line without the connection options, as one would type it on the machine."""
    words = [str(word) for word in argv]
    if "--host" in words:
        words = words[words.index("--host") + 2 :]
    return shlex.join(words)
