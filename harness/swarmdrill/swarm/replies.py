"""Management commands of docker, typed on one machine, and what its engine replied: a refusal is an answer too."""

from dataclasses import dataclass

from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.views import short

# Without a quorum an engine gives up by itself after 5 to 20 s; this bounds what does not.
REPLY_SECONDS = 60
_NO_REPLY = 124  # timeout(1)


@dataclass(frozen=True)
class Reply:
    """What a `docker` command on `machine` came to: `text` is its output, or the engine's own words of refusal.

    `seconds` is how long it took. `exit_status` is 124 where there was no reply within 60 s (scaled).
    """

    machine: str
    command: str
    exit_status: int
    text: str
    seconds: float

    @property
    def done(self) -> bool:
        """Whether the engine did it."""
        return self.exit_status == 0

    def refused(self, *words: str) -> bool:
        """Whether the engine refused, in a message that has one of `words` (any message where none are given)."""
        return not self.done and (not words or any(word.lower() in self.text.lower() for word in words))

    def describe(self) -> str:
        """One line: who was asked what, and what came back."""
        if self.exit_status == _NO_REPLY:
            return f"{self.machine}, {self.command}: {self.text}"
        came = "done" if self.done else f"refused: {self.text or 'without a word'}"
        return f"{self.machine}, {self.command}: {came}"


def docker(machine: Machine, command: str, *, why: str = "", seconds: float = REPLY_SECONDS, stdin: str = "") -> Reply:
    """Type `docker COMMAND` on the machine, and return what came back; a refusal raises nothing.

    `stdin` is what it reads, and is not recorded. `seconds` is the time-out, before scaling. Raises LabBroken when
    the machine cannot be reached.
    """
    limit = machine.shell.clock.seconds(seconds)
    done = machine.run(f"timeout {limit:.0f} docker {command}", why=why, check=False, timeout=seconds + 10, stdin=stdin)
    if done.exit_status == 0:
        text = done.stdout.strip()
    elif done.exit_status == _NO_REPLY:
        text = f"no reply within {limit:.0f} s"
    else:
        text = short(done.stderr or done.stdout)
    return Reply(machine.name, f"docker {command}", done.exit_status, text, done.duration)
