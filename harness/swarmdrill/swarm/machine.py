"""One machine of the lab: run commands on it, handle its Docker service and its files."""

import shlex
import time
from dataclasses import dataclass

from swarmdrill.base import trace
from swarmdrill.base.clock import Clock
from swarmdrill.base.errors import LabBroken
from swarmdrill.machines.plan import Node
from swarmdrill.machines.ssh import CommandTimeout, Completed, Remote

COMMAND_SECONDS = 60
ENGINE_LOG = "/var/log/docker.log"
# What the engine said that was there before this one; positions count from its beginning.
EARLIER_LOG = f"{ENGINE_LOG}.1"

_BOTH_LOGS = f"cat {EARLIER_LOG} {ENGINE_LOG} 2>/dev/null"


class CommandFailed(LabBroken):
    """A command that had to succeed did not."""


@dataclass(frozen=True)
class Machine:
    """A machine by its plan and its connection. Commands run as root."""

    node: Node
    remote: Remote
    clock: Clock

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def address(self) -> str:
        """IPv4 address on the lab's network."""
        return self.node.address

    def run(
        self, command: str, *, why: str = "", check: bool = True, timeout: float = COMMAND_SECONDS, stdin: str = ""
    ) -> Completed:
        """Run a shell command line and record it, all but its `stdin`, which is the place for keys.

        `timeout` in seconds, before scaling. With `check`, a non-zero exit status raises CommandFailed,
        whose message can be pasted into a shell. Raises LabBroken when the machine cannot be reached.
        """
        started = time.monotonic()
        try:
            done = self.remote.run(command, timeout=self.clock.seconds(timeout), stdin=stdin)
        except LabBroken as problem:
            trace.command_finished(
                self.name,
                command,
                exit_status=None,
                stdout="",
                stderr=str(problem) if not isinstance(problem, CommandTimeout) else "timed out",
                duration=time.monotonic() - started,
                why=why,
            )
            raise
        trace.command_finished(
            self.name,
            command,
            exit_status=done.exit_status,
            stdout=done.stdout,
            stderr=done.stderr,
            duration=done.duration,
            why=why,
        )
        if check and done.exit_status != 0:
            raise CommandFailed(
                f"{self.name}: exit status {done.exit_status} from: {self.pasteable(command)}\n"
                f"{(done.stderr or done.stdout).strip()}"
            )
        return done

    def pasteable(self, command: str) -> str:
        """The command line that repeats `command` from the checkout's directory."""
        return f"ssh -F {shlex.quote(str(self.remote.ssh_config))} {self.name} {shlex.quote(command)}"

    def stop_docker(self) -> None:
        """Stop the docker service; returns when it has stopped."""
        self.run("service docker stop", why="stop the docker service")

    def start_docker(self) -> None:
        """Start the docker service; returns before the engine answers."""
        self.run("service docker start", why="start the docker service")

    def send(self, path: str, to: "Machine") -> None:
        """Replace `path` on machine `to` by this machine's file or directory of that path.

        The content does not pass through the trace: a state directory holds keys.
        """
        started = time.monotonic()
        archive = self._quietly(f"tar --create --sparse --gzip --file=- {path} | base64")
        to._quietly(f"rm -rf {path} && base64 --decode | tar --extract --gzip --file=- --directory=/", archive)
        trace.command_finished(
            self.name,
            f"send {path} to {to.name}",
            exit_status=0,
            stdout=f"{len(archive)} characters of archive, not shown",
            stderr="",
            duration=time.monotonic() - started,
        )

    def _quietly(self, command: str, stdin: str = "") -> str:
        done = self.remote.run(command, timeout=self.clock.seconds(COMMAND_SECONDS), stdin=stdin)
        if done.exit_status != 0:
            raise CommandFailed(f"{self.name}: exit status {done.exit_status} from: {self.pasteable(command)}")
        return done.stdout

    def engine_log_position(self) -> int:
        """Where the engine's log ends now, in bytes, to ask for what follows later."""
        return int(self.run(f"{_BOTH_LOGS} | wc -c", why="mark the engine log").stdout)

    def engine_log(self, since: int) -> str:
        """The engine's log from byte `since` on."""
        return self.run(f"{_BOTH_LOGS} | tail -c +{since + 1}", why="read the engine log", check=False).stdout

    def saved_log(self) -> str:
        """All of the engine's log, for `keep_log`."""
        return self._quietly(_BOTH_LOGS + " || true")

    def keep_log(self, text: str) -> None:
        """Have `text` as what the engine said before it was replaced."""
        self._quietly(f"cat > {EARLIER_LOG}", text)
