"""The Docker Engine that set-up starts: it is known again for sure, and no other process is ever stopped."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pretended.programs import Shim, only_shims
from swarmdrill.host import engine as host_engine, tools
from swarmdrill.host.host import this_host
from swarmdrill.setup import apt, engine, service, steps
from swarmdrill.setup.daemon import Daemon, start_time


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """Only pretended programs, and no engine elsewhere."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engine, "CONTAINERD_PID_FILE", tmp_path / "containerd.pid")
    monkeypatch.setattr(engine, "PROC", tmp_path / "no-proc")
    return only_shims(tmp_path / "bin", monkeypatch)


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """The file by which a pretended dockerd says that it answers."""
    return tmp_path / "ready"


def stay(directory: Path, ready: Path) -> str:
    """Shell that says it is ready and waits; no exec, during which its environment could not be read."""
    if not (directory / "never").exists():
        os.mkfifo(directory / "never")
    return f"exec 3<>{directory / 'never'}; echo > {ready}; read -r nothing <&3"


@contextmanager
def running(program: Path) -> Iterator[int]:
    """The pid of a process that is named as `program` is, and ends with the block."""
    # The kernel gives a process its name a moment after Popen returns; once it has spoken, it has its name.
    program.write_text("#!/bin/sh\necho ready\nread -r nothing\n")
    program.chmod(0o755)
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process.pid
        finally:
            process.kill()


@pytest.fixture
def dockerd(shim: Shim, tmp_path: Path, ready: Path) -> Iterator[Daemon]:
    """A dockerd that is ready at once and then waits for ever."""
    program = shim("dockerd", f"echo API listen on a socket; {stay(tmp_path, ready)}")
    pretended = Daemon(program=str(program), state=tmp_path / "engine", owner=tmp_path)
    yield pretended
    pretended.stop(timeout=10)


@pytest.fixture
def bystander() -> Iterator["subprocess.Popen[bytes]"]:
    """A process that is none of ours."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    yield process
    process.kill()
    process.wait()


def test_it_is_started_known_again_and_stopped(dockerd: Daemon, ready: Path, tmp_path: Path) -> None:
    assert not engine.started_by_us(dockerd)
    dockerd.start(ready.exists, timeout=10)
    again = Daemon(program=dockerd.program, state=dockerd.state, owner=tmp_path)
    pid = again.pid()
    assert pid is not None
    assert engine.started_by_us(again)
    assert os.getsid(pid) == pid, "Ctrl-C in the terminal would reach it"
    assert engine.stop(again)
    assert not Path(f"/proc/{pid}").exists()
    assert not engine.started_by_us(again)
    assert not engine.stop(again), "there was nothing to stop"


def test_a_recycled_pid_is_never_stopped(dockerd: Daemon, bystander: "subprocess.Popen[bytes]") -> None:
    dockerd.state.mkdir()
    started = int(start_time(bystander.pid))
    dockerd.record.write_text(f"{bystander.pid} {started - 1}\n")
    assert dockerd.pid() is None
    assert not dockerd.stop(timeout=1)
    assert bystander.poll() is None
    assert not dockerd.record.exists(), "what is recorded is gone, so the record goes too"


def test_our_engine_is_known_by_its_start_time_too(dockerd: Daemon, ready: Path) -> None:
    dockerd.start(ready.exists, timeout=10)
    record = dockerd.record.read_text()
    pid, started = record.split()
    dockerd.record.write_text(f"{pid} {int(started) - 1}\n")
    assert dockerd.pid() is None
    dockerd.record.write_text(record)
    assert dockerd.pid() == int(pid)


def test_the_same_ticks_after_a_reboot_do_not_make_it_ours(
    dockerd: Daemon, bystander: "subprocess.Popen[bytes]"
) -> None:
    dockerd.state.mkdir()
    dockerd.record.write_text(f"{bystander.pid} {start_time(bystander.pid)}\n")
    assert not dockerd.stop(timeout=1)
    assert bystander.poll() is None


def test_the_engine_of_another_checkout_is_not_ours(dockerd: Daemon, ready: Path, tmp_path: Path) -> None:
    dockerd.start(ready.exists, timeout=10)
    other = Daemon(program=dockerd.program, state=dockerd.state, owner=tmp_path / "other")
    record = dockerd.record.read_text()
    assert other.pid() is None
    assert not other.stop(timeout=1)
    dockerd.record.write_text(record)
    assert dockerd.pid() is not None, "it still runs"


@pytest.mark.parametrize("record", ["", "12\n", "x y\n", "0 \n"])
def test_a_damaged_record_means_there_is_none(dockerd: Daemon, record: str) -> None:
    dockerd.state.mkdir()
    dockerd.record.write_text(record)
    assert dockerd.pid() is None


def test_an_engine_that_dies_shows_its_log(dockerd: Daemon, shim: Shim) -> None:
    shim("dockerd", "echo failed to mount overlay >&2; exit 3")
    with pytest.raises(steps.StepFailed) as failed:
        dockerd.start(lambda: False, timeout=10)
    assert "exited with status 3" in str(failed.value)
    assert "failed to mount overlay" in str(failed.value)
    assert dockerd.pid() is None


def test_an_engine_that_never_answers_is_not_left_running(dockerd: Daemon, ready: Path) -> None:
    seen: list[int | None] = []

    def never() -> bool:
        if ready.exists():
            seen.append(dockerd.pid())
        return False

    with pytest.raises(steps.StepFailed, match="did not answer within 0 s"):
        dockerd.start(never, timeout=0.5)
    assert seen, "it never ran"
    assert seen[-1] is not None
    assert start_time(seen[-1]) == ""
    assert dockerd.pid() is None


def test_an_engine_that_will_not_end_is_reported_not_killed(dockerd: Daemon, shim: Shim, ready: Path) -> None:
    shim("dockerd", f"trap '' TERM; {stay(ready.parent, ready)}")
    dockerd.start(ready.exists, timeout=10)
    pid = dockerd.pid()
    assert pid is not None
    with pytest.raises(steps.StepFailed, match="did not end within 0 s"):
        dockerd.stop(timeout=0.2)
    assert dockerd.pid() == pid
    os.kill(pid, 9)


def test_a_start_time_is_read_past_a_name_with_brackets(tmp_path: Path) -> None:
    with running(tmp_path / "a) 1 (b") as pid:
        assert "(a) 1 (b)" in Path(f"/proc/{pid}/stat").read_text()
        assert start_time(pid).isdigit()
    assert start_time(pid) == ""


def test_a_stale_pid_file_of_containerd_is_removed_and_a_true_one_kept(tmp_path: Path) -> None:
    pid_file = tmp_path / "containerd.pid"
    for name, stays in (("nginx", False), ("containerd", True)):
        with running(tmp_path / name) as pid:
            pid_file.write_text(str(pid))
            engine.forget_stale_containerd(pid_file)
            assert pid_file.exists() is stays
    engine.forget_stale_containerd(pid_file)
    assert not pid_file.exists(), "its process is gone"
    engine.forget_stale_containerd(pid_file)


def test_an_engine_that_answers_is_used_as_it_is(shim: Shim, dockerd: Daemon) -> None:
    shim("docker", "echo 20.10.24+dfsg1")
    assert host_engine.examine(this_host()) == tools.ToolFinding("20.10.24")
    engine.start(this_host(), dockerd)
    assert dockerd.pid() is None


def test_an_engine_that_is_too_old_is_the_users_to_upgrade(shim: Shim) -> None:
    shim("docker", "echo 19.03.15")
    assert host_engine.examine(this_host()).problem == "the engine is 19.03.15, 20.10 or later is needed"
    with pytest.raises(steps.UserMustAct, match="upgrade this host's Docker Engine"):
        engine.start(this_host())


def test_a_user_outside_of_the_group_is_told_so(shim: Shim) -> None:
    shim("docker", "echo Got permission denied while trying to connect to the socket >&2; exit 1")
    with pytest.raises(steps.UserMustAct, match="sudo usermod -aG docker"):
        engine.start(this_host())


def test_an_engine_elsewhere_is_not_replaced_by_one_here(
    shim: Shim, dockerd: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://drill.example:2376")
    shim("docker", "echo Cannot connect to the Docker daemon >&2; exit 1")
    with pytest.raises(steps.UserMustAct, match=r"the engine at tcp://drill\.example:2376 does not answer"):
        engine.start(this_host(), dockerd)
    assert dockerd.pid() is None


def test_without_systemd_dockerd_itself_is_started(
    shim: Shim, dockerd: Daemon, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SYSTEMD", tmp_path / "none")
    monkeypatch.setattr(apt, "privilege", lambda: ())
    shim("docker", f"[ -e {ready} ] && echo 26.1.5 || {{ echo Cannot connect >&2; exit 1; }}")
    dockerd.state.mkdir()
    (dockerd.state / "docker.pid").write_text("1")
    engine.start(this_host(), dockerd)
    assert engine.started_by_us(dockerd)
    assert not (dockerd.state / "docker.pid").exists(), "it names a process that is no dockerd"
    assert f"--pidfile={tmp_path / 'docker.pid'}" in engine.dockerd("dockerd", tmp_path).command


def test_with_systemd_the_unit_is_started(
    shim: Shim, dockerd: Daemon, ready: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SYSTEMD", tmp_path)
    monkeypatch.setattr(apt, "privilege", lambda: ())
    shim("docker", f"[ -e {ready} ] && echo 26.1.5 || {{ echo Cannot connect >&2; exit 1; }}")
    shim("systemctl", f'[ "$*" = "start docker" ] && echo > {ready}')
    engine.start(this_host(), dockerd)
    assert not engine.started_by_us(dockerd), "a unit is the system's own"


def test_without_root_the_command_that_starts_it_is_shown(
    shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apt, "privilege", lambda: None)
    shim("docker", "echo Cannot connect >&2; exit 1")
    monkeypatch.setattr(service, "SYSTEMD", tmp_path)
    with pytest.raises(steps.UserMustAct, match="sudo systemctl start docker"):
        engine.start(this_host())
    monkeypatch.setattr(service, "SYSTEMD", tmp_path / "none")
    with pytest.raises(steps.UserMustAct, match="sudo service docker start"):
        engine.start(this_host())
