"""A service of this host, such as its Docker Engine: what it answers, and how it is started."""

import os
import shlex
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.setup import apt, steps

SYSTEMD = Path("/run/systemd/system")
START_SECONDS = 90
_ANSWER_SECONDS = 20
# As the docker client and libvirt's client put it; libvirt asks polkit where its socket is open to all.
_FORBIDDEN = ("permission denied", "polkit", "authentication failed", "access denied")


@dataclass(frozen=True)
class Answer:
    """What a service says when asked: its `version`, or `error`, its client's message."""

    version: str = ""
    error: str = ""

    @property
    def forbidden(self) -> bool:
        """Whether the service is there, and this user may not use it."""
        return any(words in self.error.lower() for words in _FORBIDDEN)


def ask(command: Sequence[str], version: Callable[[str], str | None]) -> Answer:
    """Run `command`, a client, and find with `version` in what it prints which version the service has."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_ANSWER_SECONDS,
            env={**os.environ, "LC_ALL": "C"},
        )
    except subprocess.TimeoutExpired:
        return Answer(error=f"no answer within {_ANSWER_SECONDS} s")
    found = version(done.stdout) if done.returncode == 0 else None
    if found is None:
        return Answer(error=(done.stderr.strip().splitlines() or ["no answer"])[-1])
    return Answer(version=found)


def start(name: str, units: Sequence[str], launch: Callable[[], None]) -> None:
    """Start the service called `name`: its `units` where systemd runs, else by `launch`, which needs root.

    Raises UserMustAct with the command to run when this user may not, StepFailed when it does not start.
    """
    title = f"start {name}"
    prefix = apt.privilege()
    if SYSTEMD.exists():
        command = ("systemctl", "start", *units)
        if prefix is None:
            raise steps.UserMustAct(f"root is needed; {title}: {shlex.join(('sudo', *command))}")
        with steps.step(title):
            # The units are of type notify: systemctl returns when the service answers.
            steps.run([*prefix, *command], timeout=START_SECONDS)
    elif prefix == ():
        with steps.step(title):
            launch()
    else:
        by_hand = " && ".join(f"sudo service {unit} start" for unit in units)
        raise steps.UserMustAct(f"root is needed; {title}: {by_hand}")
