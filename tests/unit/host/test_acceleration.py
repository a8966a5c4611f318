"""Whether machines can run on the processor itself: a device node is not taken for the answer."""

import os
from pathlib import Path

import pytest

from pretended.programs import Shim, only_shims
from swarmdrill.base import places
from swarmdrill.host import acceleration
from swarmdrill.host.acceleration import boot_problem, probe

PANIC = "Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)"
KERNEL = Path("vmlinuz")


@pytest.fixture
def qemu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """Only pretended programs, on a host with /dev/kvm and a CPU that announces svm."""
    for name, text in (("KVM", ""), ("CPUINFO", "processor\t: 0\nflags\t\t: fpu svm sse\n")):
        (tmp_path / name).write_text(text)
        monkeypatch.setattr(acceleration, name, tmp_path / name)
    return only_shims(tmp_path / "bin", monkeypatch)


def test_without_the_device_it_is_emulation(qemu: Shim) -> None:
    acceleration.KVM.unlink()
    found = probe()
    assert (found.driver, found.cpu, found.boot_seconds) == ("qemu", "Nehalem", 100)
    assert found.reason == f"no {acceleration.KVM}"


@pytest.mark.parametrize("cpu", ["flags\t: fpu sse\nbugs\t: svm vmx\n", "", "flags\t: vmx_like\n"])
def test_a_device_that_the_cpu_does_not_support_is_not_chosen(qemu: Shim, cpu: str) -> None:
    acceleration.CPUINFO.write_text(cpu)
    found = probe(KERNEL)
    assert found.driver == "qemu"
    assert "is there, but the CPU announces neither vmx nor svm" in found.reason


def test_device_and_flag_are_kvm_and_the_reason_says_that_nothing_was_booted(qemu: Shim) -> None:
    found = probe()
    assert (found.driver, found.cpu, found.boot_seconds) == ("kvm", "host-passthrough", 30)
    assert found.reason.endswith("and svm are there; no kernel was booted to try")


def test_a_device_that_this_user_may_not_open_is_not_tried(qemu: Shim, monkeypatch: pytest.MonkeyPatch) -> None:
    qemu(acceleration.QEMU, "exit 1")
    monkeypatch.setattr(os, "access", lambda *_: False)
    found = probe(KERNEL)
    assert found.driver == "kvm", "QEMU runs as another user"
    assert "not tried, because this user may not open" in found.reason


def test_a_kernel_that_boots_is_the_proof(qemu: Shim, tmp_path: Path) -> None:
    qemu(acceleration.QEMU, f'echo "$@" > {tmp_path}/asked; echo "Linux version 6.12"; echo "{PANIC}"')
    found = probe(KERNEL)
    assert found.driver == "kvm"
    assert "booted a kernel in 0." in found.reason
    asked = (tmp_path / "asked").read_text()
    assert "-accel kvm -cpu host -m 256 -kernel vmlinuz -append console=ttyS0 panic=-1" in asked
    assert "-no-reboot" in asked


@pytest.mark.parametrize(
    ("does", "problem"),
    [
        ("echo Assertion failed >&2; exit 134", "died, status 134 (it said last: Assertion failed)"),
        ("echo Linux version 6.12; echo double fault; exit 0", "died, status 0 (it said last: double fault)"),
        ("exit 1", "died, status 1 (it said nothing)"),
    ],
)
def test_a_kernel_that_dies_refutes_the_device(qemu: Shim, does: str, problem: str) -> None:
    qemu(acceleration.QEMU, does)
    found = probe(KERNEL)
    assert (found.driver, found.cpu) == ("qemu", "Nehalem")
    assert f"are there, but a kernel booted with it {problem}" in found.reason


def test_a_kernel_that_hangs_refutes_the_device_and_is_ended(
    qemu: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    qemu(acceleration.QEMU, f"echo $$ > {tmp_path}/pid; echo Decompressing; exec sleep 60")
    assert boot_problem(KERNEL, "kvm", timeout=0.5) == (
        "a kernel booted with it hung for 0 s (it said last: Decompressing)"
    )
    assert not Path("/proc", (tmp_path / "pid").read_text().strip()).exists()


def test_emulation_can_be_tried_the_same_way(qemu: Shim, tmp_path: Path) -> None:
    assert boot_problem(KERNEL, "tcg") == f"{acceleration.QEMU} is missing"
    qemu(acceleration.QEMU, f'echo "$@" > {tmp_path}/asked; echo "{PANIC}"')
    assert boot_problem(KERNEL, "tcg") == ""
    assert "-accel tcg -cpu Nehalem" in (tmp_path / "asked").read_text()


def test_it_is_found_out_once_and_again_when_there_is_a_kernel_to_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set-up and the drill ask the same question: with a box's kernel the answer may be another one."""
    tried: list[Path | None] = []

    def pretended(kernel: Path | None) -> acceleration.Acceleration:
        tried.append(kernel)
        return acceleration.emulation("it hung") if kernel else acceleration._kvm("it is there")

    monkeypatch.setattr(acceleration, "probe", pretended)
    monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path / "state"))
    monkeypatch.setattr(acceleration, "BOOT_ID", tmp_path / "boot_id")
    (tmp_path / "boot_id").write_text("7c5b\n")
    # What was found out is remembered only where there was a QEMU to try it with.
    only_shims(tmp_path / "bin", monkeypatch)(acceleration.QEMU, "exit 1")
    (tmp_path / "state").mkdir()
    assert [acceleration.of_this_host().driver for _ in range(2)] == ["kvm", "kvm"]
    kernel = tmp_path / "state" / "boxes" / "26.1.5.1" / "vmlinuz"
    kernel.parent.mkdir(parents=True)
    kernel.touch()
    assert [acceleration.of_this_host().driver for _ in range(2)] == ["qemu", "qemu"]
    assert tried == [None, kernel]


def test_who_only_looks_makes_no_state_directory(qemu: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path / "state"))
    monkeypatch.setattr(acceleration, "BOOT_ID", tmp_path / "boot_id")
    (tmp_path / "boot_id").write_text("7c5b\n")
    qemu(acceleration.QEMU, "exit 1")
    assert acceleration.of_this_host().driver == "kvm"
    assert not (tmp_path / "state").exists()
