"""What became of a call to an engine: the daemon replied, or it did not answer.

A reply is an answer, also where it is a no: it says something of Docker. That a daemon does not answer, or that its
machine cannot be reached (`machines.ssh.MachineUnreachable`), is a fact about the lab.
"""

from dataclasses import dataclass

from swarmdrill.base.errors import ConditionNotMet, LabBroken, Told
from swarmdrill.base.messages import Message, said
from swarmdrill.base.redaction import redact
from swarmdrill.machines.ssh import TIMED_OUT


@dataclass(frozen=True)
class SilenceSign:
    """Words of a docker client that got no answer from the daemon; `says` is what happened, `source` where it is said.

    `source` names a file of the client's, or the client's version that was seen to say it (docs/findings.md).
    """

    words: str
    says: str
    source: str


# What precedes the words of a daemon. A manager forwards what it is asked to the leader, and hands on gRPC's words.
DAEMON_SAID = ("Error response from daemon:", "rpc error:")
# In this order: the first that is found is what is said. The clients' words, and what gets lost between them.
SILENT = (
    SilenceSign(
        "Cannot connect to the Docker daemon", "no daemon listens", "moby client/errors.go; 20.10.24, 26.1.5, 28.5.2"
    ),
    SilenceSign("failed to connect to the docker API", "no daemon listens", "public reports of 29.6; not seen here"),
    SilenceSign(
        "error during connect", "the connection broke", "moby client/request.go; 28.2.2 through the tunnel: EOF"
    ),
    SilenceSign(
        "unexpected EOF", "the daemon ended during the call", "Go net/http; 26.1.5: dockerd killed during a call"
    ),
    SilenceSign("connection reset by peer", "the connection broke", "Go syscall, ECONNRESET"),
    SilenceSign("broken pipe", "the connection broke", "Go syscall, EPIPE"),
    SilenceSign("i/o timeout", "the connection broke", "Go net, os.ErrDeadlineExceeded"),
    SilenceSign("use of closed network connection", "the connection broke", "Go net, net.ErrClosed"),
    # Of the client's own: the daemon's has its own words before it.
    SilenceSign(
        "context deadline exceeded", "no answer in the client's time", "moby client/request.go returns it bare"
    ),
    # `docker info --format` of 20.10 forgets the error, and fills its template with nothing.
    SilenceSign("nil pointer to embedded struct field Info", "no daemon listens", "20.10.24: `docker info --format`"),
    SilenceSign("docker: command not found", "there is no client", "bash(1), exit status 127"),
    SilenceSign("failed to run command", "there is no client", "timeout(1), exit status 126 or 127"),
)


class EngineError(Told):
    """A call to the engine of `machine` that did not do what was asked; `stderr` is what the docker client said."""

    def __init__(self, machine: str, command: str, stderr: str) -> None:
        self.machine = machine
        self.stderr = stderr
        first, _, others = redact(stderr.strip()).partition("\n")
        super().__init__(
            said("{machine}: docker {command}: {words}", machine=machine, command=redact(command), words=first), others
        )


class EngineRefused(EngineError, ConditionNotMet):
    """The daemon said no. That is an answer: it says something of Docker, and nothing of the lab."""


class EngineSilent(EngineError, LabBroken):
    """The daemon did not answer; its machine did."""


@dataclass(frozen=True)
class Reply:
    """What the daemon of `machine` replied to a docker command: that it did it, or its words of refusal.

    `command` is what one would type, `seconds` how long it took.
    """

    machine: str
    command: str
    exit_status: int
    stdout: str
    stderr: str
    seconds: float

    @property
    def done(self) -> bool:
        """Whether the engine did it."""
        return self.exit_status == 0

    @property
    def text(self) -> str:
        """What was printed, or the engine's own words of refusal, on one line."""
        return self.stdout.strip() if self.done else short(self.stderr or self.stdout)

    def refused(self, *words: str) -> bool:
        """Whether the engine refused, in a message that has one of `words` (any message where none are given)."""
        return not self.done and (not words or any(word.lower() in self.text.lower() for word in words))

    def or_raise(self) -> str:
        """What was printed. Raises EngineRefused where the engine said no."""
        if not self.done:
            command = self.command.removeprefix("docker ")
            raise EngineRefused(self.machine, command, (self.stderr or self.stdout).strip())
        return self.stdout

    def describe(self) -> Message:
        """One line: who was asked what, and what came back."""
        if self.done:
            return said("{machine}, {command}: done", machine=self.machine, command=self.command)
        return said(
            "{machine}, {command}: refused: {words}", machine=self.machine, command=self.command, words=self.text
        )


def reply(
    machine: str, command: str, exit_status: int, stdout: str, stderr: str, seconds: float, *, limit: float
) -> Reply:
    """What the daemon replied to `docker COMMAND`, by what its client printed and how it ended.

    `limit` is the time in seconds after which timeout(1) ended the client. Raises EngineSilent where it did not answer.
    """
    if exit_status in TIMED_OUT and seconds >= limit:
        raise EngineSilent(machine, command, late(limit))
    if exit_status != 0 and is_silent(stderr or stdout):
        raise EngineSilent(machine, command, (stderr or stdout).strip())
    return Reply(machine, f"docker {command}", exit_status, stdout, stderr, seconds)


def is_silent(words: str) -> bool:
    """Whether a client that failed with these words had no answer from the daemon."""
    if any(each in words for each in DAEMON_SAID):
        return False
    return any(sign.words in words for sign in SILENT)


def late(limit: float) -> str:
    """In words, that there was no answer in time."""
    return f"no answer within {limit:.0f} s"


def short(stderr: str) -> str:
    """The engine's own message without the client's and gRPC's wrapping, on one line."""
    text = stderr.strip().splitlines()[0] if stderr.strip() else "nothing"
    for prefix in ("Error response from daemon: ", "rpc error: "):
        text = text.removeprefix(prefix)
    return text.split(" desc = ")[-1]


def leaderless(stderr: str) -> bool:
    """Whether the engine's error says that its swarm has no leader now, has none yet, or lost it during the call.

    The texts are moby's (daemon/cluster, errNoManager: a swarm without a leader, and a manager that was just promoted
    or started) and gRPC's for a leader that does not answer, or whose connection broke: managers forward what they are
    asked to the leader.
    """
    signs = (
        "does not have a leader",
        "Manager is being prepared or has trouble connecting",
        "DeadlineExceeded",
        "context deadline exceeded",
        "code = Unavailable",
        "node lost leader status",  # 20.10.24 and 26.1.5, as the quorum goes during a call
    )
    return any(sign in stderr for sign in signs)
