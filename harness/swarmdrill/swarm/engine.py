"""One Docker Engine, and the one door to it: every call is bounded, recorded, and told apart by what became of it."""

import os
import shlex
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeAlias, TypeVar

from swarmdrill.base import programs, trace
from swarmdrill.base.directories import own_directory
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import UNSAID, Message, said
from swarmdrill.base.settings import how_to
from swarmdrill.base.waiting import Condition, wait_until
from swarmdrill.host import recorded_calls
from swarmdrill.host.recorded_calls import RecordedCall
from swarmdrill.machines.ssh import TIMED_OUT, CommandTimeout, MachineUnreachable
from swarmdrill.swarm.replies import EngineSilent, Reply, late, reply
from swarmdrill.swarm.shell import Shell

if TYPE_CHECKING:
    from python_on_whales import DockerClient

T = TypeVar("T")
# What a question gets; python-on-whales is known here alone.
Whales: TypeAlias = "DockerClient"

CALL_SECONDS = 30
# Without a quorum an engine gives up by itself after 5 to 20 s; this bounds what does not.
TYPED_SECONDS = 60
# A socket of its own (nodes/common/etc/default/docker): to ask at docker.sock would start an engine that was stopped.
SOCKET = "/run/swarmdrill.sock"
SOCKET_NAME = "engine.sock"
# The longest path that a socket can be bound to (unix(7)).
MOST_BYTES = 107


class Engine:
    """The engine of one machine: the one door to Docker.

    Whatever is asked, the rule is one. The daemon's reply is returned, also where it is a no, or raises EngineRefused
    where only a yes will do (`Reply.or_raise`, `ask`). Where the daemon does not answer, EngineSilent is raised; where
    its machine cannot be reached, MachineUnreachable: both are facts about the lab. Every call is bounded and recorded.

    There are three ways to it. `docker` runs the client of this host, through a tunnel of the engine's socket: for who
    asks again and again. `typed` types a command on the machine, as a document has it, with the machine's own client.
    `ask` lets python-on-whales do it, which has names for options.
    """

    def __init__(self, shell: Shell, sockets: Path, client: str) -> None:
        """`sockets` is the directory for the tunnel's end, `client` the docker client of the lab's host, a path."""
        self._shell = shell
        self._client = client
        # Of this process and machine alone: another command may look at the same lab at the same time.
        self._scratch = sockets / str(os.getpid()) / shell.name
        self._directory: int | None = None
        self._opening = Lock()

    @property
    def name(self) -> str:
        return self._shell.name

    def docker(self, *words: str, why: Message = UNSAID, timeout: float = CALL_SECONDS) -> Reply:
        """Run the docker client of this host once, and return the reply; safe to call from several threads.

        `words` are its command, such as "node", "ls". `timeout` in seconds before scaling.
        """
        self._connect()
        limit = self._limit(timeout)
        options = ["--config", str(self._scratch), "--host", f"unix://{self._socket}"]
        try:
            ended = programs.run([self._client, *options, *words], timeout=limit)
        except FileNotFoundError:
            raise LabBroken(
                said("the docker client of this host is missing: run `{setup}`", setup=how_to("setup"))
            ) from None
        status, stderr, command = ended.status, ended.stderr, shlex.join(words)
        if status is None:
            stderr = "\n".join([*stderr.splitlines(), late(limit)])
        trace.command_finished(
            self.name,
            f"docker {command}",
            exit_status=status,
            stdout=ended.stdout,
            stderr=stderr,
            duration=ended.seconds,
            why=why,
        )
        with self._machine_reached():
            if status is None:
                raise EngineSilent(self.name, command, late(limit))
            return reply(self.name, command, status, ended.stdout, stderr, ended.seconds, limit=limit)

    def typed(self, line: str, *, why: Message = UNSAID, timeout: float = TYPED_SECONDS, stdin: str = "") -> Reply:
        """Type `docker LINE` into a shell of the machine, and return the reply.

        `stdin` is what it reads, and is not recorded. `timeout` in seconds before scaling.

        Example:
            first.engine.typed("service rm web", why="lose a service").or_raise()
        """
        try:
            done = self._shell.run(f"docker {line}", why=why, check=False, timeout=timeout, stdin=stdin)
        except CommandTimeout:
            raise EngineSilent(self.name, line, late(self._limit(timeout))) from None
        limit = self._limit(timeout)
        return reply(self.name, line, done.exit_status, done.stdout, done.stderr, done.duration, limit=limit)

    def type_until(self, file: str, line: str, *, why: Message = UNSAID) -> None:
        """Type `docker LINE` on the machine again and again, in the background, until `file` is there, and remove that.

        In `line`, `$n` is how often it was typed; so is what it reads. What it prints is lost, and how it ends.
        """
        self._shell.run(
            f"rm -f {file}; nohup sh -c 'n=0; while [ ! -e {file} ]; do n=$((n + 1)); "
            f"echo $n | docker {line} || sleep 0.1; done; rm {file}' >/dev/null 2>&1 &",
            why=why,
        )

    def ask(self, question: Callable[[Whales], T], *, why: Message = UNSAID, timeout: float = CALL_SECONDS) -> T:
        """Let `question` use a client of this engine, and return its answer; safe to call from several threads.

        python-on-whales objects fetch their attributes when they are read, so `question` has to return
        plain values: after it, the client no longer works.
        `timeout` is in seconds before scaling and holds for each call of the docker client. Raises
        EngineRefused with what the daemon said where that is a no.
        """
        # A tenth of a second, which no process pays that asks no engine.
        from python_on_whales import DockerClient  # noqa: PLC0415
        from python_on_whales.exceptions import DockerException  # noqa: PLC0415

        self._connect()
        limit = self._limit(timeout)
        # python-on-whales runs the docker client without a time-out and tells nobody: `recorded-docker` bounds it and
        # leaves a record that becomes an event of the trace.
        with recorded_calls.ledger() as ledger:
            whales = DockerClient(
                host=f"unix://{self._socket}",
                config=self._scratch,  # an empty configuration: none of the user's contexts or credentials
                client_call=ledger.command(limit, self._client),
            )
            started = time.monotonic()
            try:
                return question(whales)
            except DockerException as problem:
                command, seconds = _subcommand(problem.docker_command), time.monotonic() - started
                stdout, stderr = problem.stdout or "", problem.stderr or ""
                if not ledger.read():
                    raise LabBroken(said("the docker client was not run: {stderr}", stderr=stderr.strip())) from None
                with self._machine_reached():
                    reply(self.name, command, problem.return_code, stdout, stderr, seconds, limit=limit).or_raise()
                raise
            finally:
                self._report(ledger.read(), why)

    def wait(self, what: Message, condition: Condition[T], *, seconds: float) -> T:
        """Ask `condition` until it is done, and return its value; `seconds` before scaling. Raises ConditionNotMet."""
        return wait_until(what, condition, timeout=seconds, clock=self._shell.clock)

    def close(self) -> None:
        """Remove what this process keeps for the tunnel, which ends with the connection."""
        with self._opening:
            if self._directory is not None:
                os.close(self._directory)
                self._directory = None
        shutil.rmtree(self._scratch, ignore_errors=True)
        with suppress(OSError):  # another machine's is still there, or nothing ever was
            self._scratch.parent.rmdir()

    @property
    def _socket(self) -> Path:
        """The tunnel's end here, by a name that the client can use: below a long TMPDIR, through /proc."""
        path = self._scratch / SOCKET_NAME
        if len(os.fsencode(path)) <= MOST_BYTES:
            return path
        with self._opening:
            if self._directory is None:
                self._directory = os.open(self._scratch, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
            return Path(f"/proc/{os.getpid()}/fd/{self._directory}/{SOCKET_NAME}")

    def _connect(self) -> None:
        """Have the tunnel, and the directory for its socket and the client's empty configuration."""
        own_directory(self._scratch.parents[1], 0o700)
        self._scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._shell.remote.forward_socket(self._socket, SOCKET)

    def _limit(self, timeout: float) -> float:
        """Whole seconds on this machine, at least one."""
        return max(round(self._shell.clock.seconds(timeout)), 1)

    @contextmanager
    def _machine_reached(self) -> Iterator[None]:
        """A daemon that is silent at the end of a tunnel is not to blame where the connection has gone meanwhile."""
        try:
            yield
        except EngineSilent as problem:
            if not self._shell.remote.is_connected:
                raise MachineUnreachable(
                    said("{name}: connection lost: {problem}", name=self.name, problem=problem)
                ) from None
            raise

    def _report(self, calls: Iterable[RecordedCall], why: Message) -> None:
        """Turn the records of the calls into events, in the order in which the calls started."""
        for call in calls:
            trace.command_finished(
                self.name,
                "docker " + _subcommand(call.argv),
                exit_status=None if call.status in TIMED_OUT else call.status,
                stdout=call.stdout,
                stderr=call.stderr,
                duration=call.ended - call.started,
                why=why,
                at=call.ended,
            )


def _subcommand(argv: Sequence[str]) -> str:
    """The docker command line without the connection options, as one would type it on the machine."""
    words = [str(word) for word in argv]
    if "--host" in words:
        words = words[words.index("--host") + 2 :]
    return shlex.join(words)
