"""A host's Docker Engine: use the one that answers, else start the one that is installed."""

import shlex
import time
from contextlib import suppress
from pathlib import Path

from swarmdrill.base import places
from swarmdrill.base.messages import said
from swarmdrill.base.settings import how_to
from swarmdrill.host import address, inotify, tools
from swarmdrill.host.engine import MINIMUM, ask, examine
from swarmdrill.host.host import Host
from swarmdrill.host.services import ServiceAnswer
from swarmdrill.setup import apt, service, steps
from swarmdrill.setup.daemon import Daemon

STATE = "engine"
CONTAINERD_PID_FILE = Path("/run/docker/containerd/containerd.pid")
PROC = Path("/proc")
_STOP_SECONDS = 90
_LIMIT_SECONDS = 10
_POLL_SECONDS = 0.2


def start(host: Host, daemon: Daemon | None = None) -> None:
    """Have the host's engine answer, starting the installed one where it is that and does not.

    With systemd the docker unit; else dockerd itself, because Debian's /etc/init.d/docker raises a limit
    that a sandbox without CAP_SYS_RESOURCE may not raise. Raises UserMustAct when this user may not start
    or use it, StepFailed when it does not come up.
    """
    answer = ask(host)
    if answer.forbidden:
        raise steps.UserMustAct(_JOIN_GROUP)
    if not answer.error:
        if tools.as_numbers(answer.version) < MINIMUM:
            raise steps.UserMustAct(said("upgrade this host's Docker Engine: {problem}", problem=examine(host).problem))
        return
    if not host.is_usual:
        raise steps.UserMustAct(
            said(
                "the engine at {address} does not answer ({error}): start it, or use this host's own ({usual}): "
                "--docker-host, DOCKER_HOST or the client's context says another one",
                address=host.engine,
                error=answer.error,
                usual=address.USUAL,
            )
        )
    running = starting()
    if running is None:
        service.start(said("the Docker Engine"), ["docker"], lambda: _launch(_daemon(daemon), host))
    with steps.step("wait for the Docker Engine to answer"):
        answer = _awaited(host, service.START_SECONDS)
    if answer.forbidden:
        raise steps.UserMustAct(_JOIN_GROUP)
    if answer.error:
        who = said("the engine was started")
        if running is not None:
            who = said("dockerd runs already (process {process})", process=running)
        raise steps.StepFailed(
            said(
                "docker version\n  {who} and does not answer within {seconds} s ({error}): see its log (`journalctl "
                "--unit docker`, or where it was started), then run `{setup}` again",
                who=who,
                seconds=service.START_SECONDS,
                error=answer.error,
                setup=how_to("setup"),
            )
        )


def starting() -> int | None:
    """The process id of a dockerd of this host, for one that does not answer (yet); None where none runs.

    Those of containers are in process namespaces of their own. A second dockerd beside one that is just starting would
    take its files.
    """
    with suppress(OSError):
        here = (PROC / "self" / "ns" / "pid").readlink()
        for path in PROC.glob("[0-9]*/comm"):
            with suppress(OSError):  # it ended meanwhile, or it is another user's
                name = path.read_text(encoding="utf-8").strip()
                if name == "dockerd" and path.with_name("ns").joinpath("pid").readlink() == here:
                    return int(path.parent.name)
    return None


def _awaited(host: Host, seconds: float) -> ServiceAnswer:
    """What the engine answers, at the latest after so many seconds; a service can be started before it listens."""
    deadline = time.monotonic() + seconds
    while (answer := ask(host)).error and not answer.forbidden and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
    return answer


def started_by_us(daemon: Daemon | None = None) -> bool:
    """Whether a dockerd runs that this checkout's set-up started itself (a systemd unit is the system's)."""
    return _daemon(daemon).pid() is not None


def stop(daemon: Daemon | None = None) -> bool:
    """Stop the dockerd that the set-up of this checkout started, and no other; return whether there was one.

    Waits for its end. Raises StepFailed when it does not end within 90 s.
    """
    return _daemon(daemon).stop(timeout=_STOP_SECONDS)


_JOIN_GROUP = said(
    "a Docker Engine runs, and this user may not use it: join its group, then run `{setup}` again:\n"
    '  sudo usermod -aG docker "$USER" && newgrp docker',
    setup=how_to("setup"),
)


def dockerd(program: str, state: Path | None = None) -> Daemon:
    """The dockerd of this checkout.

    With its own pid file, as dockerd refuses to start when the default one, left behind by a dockerd that
    was killed, names a pid that some other process has by now.
    """
    state = state or places.state() / STATE
    return Daemon(program, state, arguments=(f"--pidfile={state / 'docker.pid'}",))


def _daemon(given: Daemon | None) -> Daemon:
    return given or dockerd(tools.find("dockerd") or "dockerd")


def _launch(daemon: Daemon, host: Host) -> None:
    (daemon.state / "docker.pid").unlink(missing_ok=True)
    forget_stale_containerd(CONTAINERD_PID_FILE)
    daemon.start(lambda: not ask(host).error, timeout=service.START_SECONDS)


def forget_stale_containerd(pid_file: Path) -> None:
    """Remove the pid file of a containerd that was killed, when the pid is free or another program's by now.

    dockerd takes any process with that pid for its containerd and waits for it in vain (moby
    libcontainerd/supervisor/remote_daemon.go). /run survives a restart where it is no tmpfs.
    """
    with suppress(FileNotFoundError, ValueError, PermissionError):
        pid = int(pid_file.read_text(encoding="ascii"))
        name = Path(f"/proc/{pid}/comm")
        if not name.exists() or name.read_text(encoding="utf-8").strip() != "containerd":
            pid_file.unlink()


def allow_many_machines() -> None:
    """Raise this host's limit of inotify instances, until its next start, to what many labs need.

    Raises StepFailed where this user, or this host, cannot.
    """
    # Not sysctl(8), which a host need not have.
    line = f"echo {inotify.ENOUGH} > {shlex.quote(str(inotify.LIMIT))}"
    by_hand = shlex.join(("sudo", "sh", "-c", line))
    prefix = apt.privilege()
    if prefix is None:
        raise steps.StepFailed(said("root is needed: {command}", command=by_hand))
    with steps.step("allow {number} inotify instances until the next start of this host", number=inotify.ENOUGH):
        if prefix:
            steps.run([*prefix, "sh", "-c", line], timeout=_LIMIT_SECONDS)
            return
        try:
            inotify.LIMIT.write_text(f"{inotify.ENOUGH}\n", encoding="ascii")
        except OSError as problem:
            raise steps.StepFailed(
                said(
                    "{command}\n  {file}: {problem}", command=by_hand, file=inotify.LIMIT, problem=str(problem.strerror)
                )
            ) from problem
