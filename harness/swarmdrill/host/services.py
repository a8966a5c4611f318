"""Ask a service of this host whether it answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from swarmdrill.base import programs
from swarmdrill.base.programs import Runner

_ANSWER_SECONDS = 20
# As the docker client and libvirt's client put it; libvirt asks polkit where its socket is open to all.
_FORBIDDEN = ("permission denied", "polkit", "authentication failed", "access denied")


@dataclass(frozen=True)
class ServiceAnswer:
    """What a service says when asked: its `version`, or `error`, its client's message."""

    version: str = ""
    error: str = ""

    @property
    def forbidden(self) -> bool:
        """Whether the service is there, and this user may not use it."""
        return any(words in self.error.lower() for words in _FORBIDDEN)


def ask(command: Sequence[str], version: Callable[[str], str | None], *, run: Runner = programs.run) -> ServiceAnswer:
    """Run `command`, a client, and find with `version` in what it prints which version the service has.

    `run` is how it is started.
    """
    done = run(command, timeout=_ANSWER_SECONDS, more={"LC_ALL": "C"})
    if done.status is None:
        return ServiceAnswer(error=f"no answer within {_ANSWER_SECONDS} s")
    found = version(done.stdout) if done.ok else None
    if found is None:
        return ServiceAnswer(error=(done.stderr.strip().splitlines() or ["no answer"])[-1])
    return ServiceAnswer(version=found)
