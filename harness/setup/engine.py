"""This host's Docker Engine: use the one that answers, else start the one that is installed."""

import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.setup import apt, steps, tools
from harness.setup.daemon import Daemon
from harness.setup.tools import Finding

MINIMUM = (20, 10)
SYSTEMD = Path("/run/systemd/system")
_ANSWER_SECONDS = 20
_START_SECONDS = 90
_STOP_SECONDS = 90


@dataclass(frozen=True)
class Answer:
    """What the engine says when asked: its `version`, or `error`, the client's message."""

    version: str = ""
    error: str = ""

    @property
    def forbidden(self) -> bool:
        """Whether there is an engine, and this user may not use it."""
        return "permission denied" in self.error.lower()


def ask(*options: str) -> Answer:
    """Ask the engine that the docker client is configured for; `options` of the client come first."""
    client = tools.find("docker")
    if client is None:
        return Answer(error="the docker client is missing")
    try:
        # Not `docker info`, which collects far more than whether an engine answers.
        done = subprocess.run(
            [client, *options, "version", "--format", "{{.Server.Version}}"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_ANSWER_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return Answer(error=f"no answer within {_ANSWER_SECONDS} s")
    version = done.stdout.strip()
    if done.returncode != 0 or tools.version_in(version) is None:
        return Answer(error=(done.stderr.strip().splitlines() or ["no answer"])[-1])
    return Answer(version=tools.version_in(version) or version)


def examine() -> Finding:
    """Whether an engine answers that is recent enough for the machines."""
    answer = ask()
    if answer.error:
        return Finding(problem=answer.error)
    if tools.as_numbers(answer.version) < MINIMUM:
        needed = tools.dotted(MINIMUM)
        return Finding(answer.version, f"the engine is {answer.version}, {needed} or later is needed")
    return Finding(answer.version)


def start(daemon: Daemon | None = None) -> None:
    """Have an engine that answers, starting the installed one where none does.

    With systemd the docker unit; else dockerd itself, because Debian's /etc/init.d/docker raises a limit
    that a sandbox without CAP_SYS_RESOURCE may not raise. Raises UserMustAct when this user may not start
    or use it, StepFailed when it does not come up.
    """
    answer = ask()
    if answer.forbidden:
        raise steps.UserMustAct(_JOIN_GROUP)
    if not answer.error:
        if tools.as_numbers(answer.version) < MINIMUM:
            raise steps.UserMustAct(f"upgrade this host's Docker Engine: {examine().problem}")
        return
    if os.environ.get("DOCKER_HOST"):
        raise steps.UserMustAct(
            f"the engine of DOCKER_HOST={os.environ['DOCKER_HOST']} does not answer ({answer.error}):"
            " start it, or unset DOCKER_HOST to use this host's own"
        )
    prefix = apt.privilege()
    if SYSTEMD.exists():
        _start_unit(prefix)
    elif prefix == ():
        with steps.step("start the Docker Engine"):
            _daemon(daemon).start(lambda: not ask().error, timeout=_START_SECONDS)
    else:
        raise steps.UserMustAct("root is needed; start the Docker Engine: sudo service docker start")
    answer = ask()
    if answer.forbidden:
        raise steps.UserMustAct(_JOIN_GROUP)
    if answer.error:
        raise steps.StepFailed(f"docker version\n  the engine was started, but: {answer.error}")


def started_by_us(daemon: Daemon | None = None) -> bool:
    """Whether a dockerd runs that this checkout's set-up started itself (a systemd unit is the system's)."""
    return _daemon(daemon).pid() is not None


def stop(daemon: Daemon | None = None) -> bool:
    """Stop the dockerd that the set-up of this checkout started, and no other; return whether there was one.

    Waits for its end. Raises StepFailed when it does not end within 90 s.
    """
    return _daemon(daemon).stop(timeout=_STOP_SECONDS)


_JOIN_GROUP = (
    "a Docker Engine runs, and this user may not use it: join its group, then run `make setup` again:\n"
    '  sudo usermod -aG docker "$USER" && newgrp docker'
)


def _daemon(given: Daemon | None) -> Daemon:
    return given or Daemon(program=tools.find("dockerd") or "dockerd")


def _start_unit(prefix: tuple[str, ...] | None) -> None:
    command = ("systemctl", "start", "docker")
    if prefix is None:
        raise steps.UserMustAct(f"root is needed; start the Docker Engine: {shlex.join(('sudo', *command))}")
    with steps.step("start the Docker Engine"):
        # The unit is of type notify: systemctl returns when the engine answers.
        steps.run([*prefix, *command], timeout=_START_SECONDS)
