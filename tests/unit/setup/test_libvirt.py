"""The libvirt that set-up starts: only where none answers, known again, and never stopped under a machine."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from pretended.programs import Shim, only_shims
from swarmdrill.host import libvirt as host_libvirt
from swarmdrill.host.tools import ToolFinding
from swarmdrill.setup import apt, libvirt, service, steps
from swarmdrill.setup.daemon import Daemon

SOCKET_MISSING = "error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': No such file or directory"


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """Only pretended programs, of a root without systemd and without a group kvm."""
    monkeypatch.setattr(service, "SYSTEMD", tmp_path / "no-systemd")
    monkeypatch.setattr(apt, "privilege", lambda: ())
    monkeypatch.setattr(libvirt, "KVM", tmp_path / "no-kvm")
    monkeypatch.setattr(libvirt.grp, "getgrnam", {}.__getitem__)
    return only_shims(tmp_path / "bin", monkeypatch)


@pytest.fixture
def logs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A socket on which a virtlogd listens."""
    monkeypatch.setattr(libvirt, "VIRTLOGD_SOCKET", tmp_path / "virtlogd-sock")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "virtlogd-sock"))
        listening.listen()
        yield listening


@pytest.fixture
def daemons(shim: Shim, tmp_path: Path) -> Iterator[tuple[Daemon, Daemon]]:
    """A virtlogd and a libvirtd that run until they are stopped; libvirt answers once libvirtd does."""
    pretended = []
    for name in ("virtlogd", "libvirtd"):
        program = shim(name, f"echo > {tmp_path}/{name}-runs; while :; do sleep 0.05; done")
        pretended.append(Daemon(str(program), tmp_path / "state", owner=tmp_path))
    virsh(shim, f"[ -e {tmp_path}/libvirtd-runs ] || {{ echo {SOCKET_MISSING!r} >&2; exit 1; }}; echo qemu:///system")
    yield pretended[0], pretended[1]
    for daemon in pretended:
        daemon.stop(timeout=10)


def virsh(shim: Shim, connected: str, running: str = "") -> None:
    """A client that does `connected` when it asks the daemon, which runs the machines `running`."""
    lists = f"*list*) printf '%s\\n' {running} '';;"
    shim("virsh", f'case "$*" in --version) echo 9.0.0;; {lists} *) {connected};; esac')


def test_libvirt_is_there_or_says_why_not(shim: Shim) -> None:
    assert host_libvirt.examine() == ToolFinding(problem="virsh is missing")
    virsh(shim, f"echo {SOCKET_MISSING!r} >&2; exit 1")
    assert host_libvirt.examine() == ToolFinding(problem=SOCKET_MISSING)
    virsh(shim, "echo qemu:///system")
    assert host_libvirt.examine() == ToolFinding("9.0.0")


def test_a_libvirt_that_answers_is_used_as_it_is(shim: Shim, daemons: tuple[Daemon, Daemon]) -> None:
    virsh(shim, "echo qemu:///system")
    libvirt.start(daemons)
    assert not libvirt.started_by_us(daemons)
    assert not libvirt.stop(daemons), "there was nothing of ours to stop"


def test_without_systemd_the_daemons_are_started_known_again_and_stopped(
    shim: Shim, daemons: tuple[Daemon, Daemon], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libvirt, "_listens", lambda _: (tmp_path / "virtlogd-runs").exists())
    libvirt.start(daemons)
    pids = [daemon.pid() for daemon in daemons]
    assert None not in pids
    assert libvirt.started_by_us(daemons)
    assert libvirt.stop(daemons)
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)
    assert not libvirt.started_by_us(daemons)


def test_a_virtlogd_that_runs_is_used_and_left(daemons: tuple[Daemon, Daemon], logs: socket.socket) -> None:
    libvirt.start(daemons)
    assert [daemon.pid() is not None for daemon in daemons] == [False, True]


def test_a_libvirtd_that_dies_leaves_no_virtlogd(
    shim: Shim, daemons: tuple[Daemon, Daemon], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(libvirt, "_listens", lambda _: (tmp_path / "virtlogd-runs").exists())
    shim("libvirtd", "echo cannot create /run/libvirt >&2; exit 6")
    with pytest.raises(steps.StepFailed, match=r"exited with status 6(?s:.*)cannot create /run/libvirt"):
        libvirt.start(daemons)
    assert (tmp_path / "virtlogd-runs").exists(), "it was never started"
    assert not libvirt.started_by_us(daemons)


def test_libvirt_stays_while_a_machine_runs_whoever_has_it(
    shim: Shim, daemons: tuple[Daemon, Daemon], logs: socket.socket
) -> None:
    libvirt.start(daemons)
    virsh(shim, "echo qemu:///system", running="someone-elses")
    assert host_libvirt.machines() == ("someone-elses",)
    assert not libvirt.stop(daemons)
    assert libvirt.started_by_us(daemons)
    virsh(shim, "echo qemu:///system")
    assert libvirt.stop(daemons)


@pytest.mark.parametrize(
    "said",
    [
        "error: Failed to connect socket to '/var/run/libvirt/libvirt-sock': Permission denied",
        "error: authentication unavailable: no polkit agent available to authenticate action 'org.libvirt.unix.manage'",
    ],
)
def test_a_user_outside_of_the_group_is_told_so(shim: Shim, said: str) -> None:
    virsh(shim, f'echo "{said}" >&2; exit 1')
    with pytest.raises(steps.UserMustAct, match="sudo usermod -aG libvirt"):
        libvirt.start()


@pytest.mark.parametrize(
    ("program", "units"),
    [("libvirtd", "virtlogd libvirtd"), ("virtqemud", "virtlogd virtqemud virtnetworkd virtstoraged")],
)
def test_with_systemd_the_units_there_are_are_started(
    shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, units: str
) -> None:
    monkeypatch.setattr(service, "SYSTEMD", tmp_path)
    shim(program, "exit 1")
    virsh(shim, f"[ -e {tmp_path}/ready ] || {{ echo {SOCKET_MISSING!r} >&2; exit 1; }}; echo qemu:///system")
    shim("systemctl", f'[ "$*" = "start {units}" ] && echo > {tmp_path}/ready')
    libvirt.start()
    assert (tmp_path / "ready").exists()


def test_without_root_the_command_that_starts_it_is_shown(
    shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apt, "privilege", lambda: None)
    shim("libvirtd", "exit 1")
    virsh(shim, f"echo {SOCKET_MISSING!r} >&2; exit 1")
    with pytest.raises(steps.UserMustAct, match="sudo service virtlogd start && sudo service libvirtd start"):
        libvirt.start()
    monkeypatch.setattr(service, "SYSTEMD", tmp_path)
    with pytest.raises(steps.UserMustAct, match="sudo systemctl start virtlogd libvirtd"):
        libvirt.start()


class TestShareKvm:
    """The device gets the group and the mode that udev gives it, and nothing else is touched."""

    @pytest.fixture
    def device(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """A file that stands for the device; this process's own group stands for kvm."""
        file = tmp_path / "kvm"
        file.touch(0o600)
        monkeypatch.setattr(libvirt, "KVM", file)
        monkeypatch.setattr(libvirt.grp, "getgrnam", lambda _: SimpleNamespace(gr_gid=os.getgid()))
        return file

    def test_it_is_given_to_its_group(self, device: Path, capsys: pytest.CaptureFixture[str]) -> None:
        libvirt.share_kvm()
        assert device.stat().st_mode & 0o777 == 0o660
        assert f"give {device} to the group kvm" in capsys.readouterr().out

    def test_a_device_that_has_it_is_left_as_it_is(self, device: Path, capsys: pytest.CaptureFixture[str]) -> None:
        device.chmod(0o666)
        libvirt.share_kvm()
        assert device.stat().st_mode & 0o777 == 0o666
        assert capsys.readouterr().out == ""

    def test_without_device_or_group_nothing_happens(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(libvirt.grp, "getgrnam", {"kvm": SimpleNamespace(gr_gid=os.getgid())}.__getitem__)
        monkeypatch.setattr(libvirt, "KVM", tmp_path / "none")
        libvirt.share_kvm()
        monkeypatch.setattr(libvirt, "KVM", tmp_path / "kvm")
        monkeypatch.setattr(libvirt.grp, "getgrnam", {}.__getitem__)
        (tmp_path / "kvm").touch(0o600)
        libvirt.share_kvm()
        assert (tmp_path / "kvm").stat().st_mode & 0o777 == 0o600
