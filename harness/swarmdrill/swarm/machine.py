"""One machine of the lab: its shell, its Docker Engine and service, its files."""

import time
from dataclasses import dataclass

from swarmdrill.base import trace
from swarmdrill.base.messages import UNSAID, Message, said
from swarmdrill.machines import docker_unit
from swarmdrill.machines.plan import Node
from swarmdrill.machines.ssh import Completed, Remote
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.shell import COMMAND_SECONDS, CommandFailed, Shell

ENGINE_LOG = "/var/log/docker.log"
# What the engine said that was there before this one; positions count from its beginning.
EARLIER_LOG = f"{ENGINE_LOG}.1"

# After systemd has given up on a stop, until it has said so.
ANSWER_SECONDS = 10

_BOTH_LOGS = f"cat {EARLIER_LOG} {ENGINE_LOG} 2>/dev/null"


@dataclass(frozen=True, eq=False)
class Machine:
    """A machine by its plan, its shell and its engine. Commands run as root.

    It is known by its name: seen at another address (`Cluster.at`), it is the same machine.
    """

    node: Node
    shell: Shell
    engine: Engine

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Machine) and self.name == other.name

    def __hash__(self) -> int:
        return hash(self.name)

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def address(self) -> str:
        """IPv4 address on the lab's network."""
        return self.node.address

    @property
    def remote(self) -> Remote:
        """The connection that its shell and its engine use."""
        return self.shell.remote

    def run(
        self,
        command: str,
        *,
        why: Message = UNSAID,
        check: bool = True,
        timeout: float = COMMAND_SECONDS,
        stdin: str = "",
    ) -> Completed:
        """Run a shell command line, as `Shell.run` does."""
        return self.shell.run(command, why=why, check=check, timeout=timeout, stdin=stdin)

    def stop_docker(self) -> None:
        """Stop the docker service; returns when it has stopped. docker.socket stays: who asks there starts it again.

        Raises CommandFailed when the engine runs all the same: it did not stop in the time that its unit gives it, or
        somebody asked. systemctl alone says status 0 of both.
        """
        seconds = docker_unit.stop_seconds() + ANSWER_SECONDS
        stop = "systemctl stop docker && ! pgrep -x dockerd"
        done = self.run(stop, why=said("stop the docker service"), check=False, timeout=seconds)
        if done.exit_status != 0:
            raise CommandFailed(
                said(
                    "{machine}: the engine is not stopped (exit status {status} from: {command})\n{output}",
                    machine=self.name,
                    status=done.exit_status,
                    command=self.shell.pasteable(stop),
                    output=(done.stderr + done.stdout).strip(),
                )
            )

    def start_docker(self) -> None:
        """Start the docker service; returns when the engine is ready, has failed, or after 20 s where no manager leads.

        An engine that fails on what it finds says so in its log, for whoever asks. Raises CommandFailed when it was not
        even started: systemctl alone says status 1 of both.
        """
        start = "systemctl start docker || systemctl is-failed --quiet docker"
        self.run(start, why=said("start the docker service"))

    def wipe_engine(self) -> None:
        """Make the engine anew, as one that was never used: it keeps its images and nothing else."""
        self.run("wipe-engine", why=said("wipe the engine's state"))

    def send(self, path: str, to: "Machine") -> None:
        """Replace `path` on machine `to` by this machine's file or directory of that path.

        The content does not pass through the trace: a state directory holds keys.
        """
        started = time.monotonic()
        archive = self.shell.quietly(f"tar --create --sparse --gzip --file=- {path} | base64")
        to.shell.quietly(f"rm -rf {path} && base64 --decode | tar --extract --gzip --file=- --directory=/", archive)
        trace.command_finished(
            self.name,
            f"send {path} to {to.name}",
            exit_status=0,
            stdout=f"{len(archive)} characters of archive, not shown",
            stderr="",
            duration=time.monotonic() - started,
        )

    def engine_log_position(self) -> int:
        """Where the engine's log ends now, in bytes, to ask for what follows later."""
        return int(self.run(f"{_BOTH_LOGS} | wc -c", why=said("mark the engine log")).stdout)

    def engine_log(self, since: int) -> str:
        """The engine's log from byte `since` on."""
        return self.run(f"{_BOTH_LOGS} | tail -c +{since + 1}", why=said("read the engine log"), check=False).stdout

    def saved_log(self) -> str:
        """All of the engine's log, for `keep_log`."""
        return self.shell.quietly(_BOTH_LOGS + " || true")

    def keep_log(self, text: str) -> None:
        """Have `text` as what the engine said before it was replaced."""
        self.shell.quietly(f"cat > {EARLIER_LOG}", text)
