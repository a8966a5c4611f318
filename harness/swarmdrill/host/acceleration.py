"""What runs the code of virtual machines here: the processor itself (KVM), or QEMU's emulation of one."""

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from swarmdrill.base import places, programs

# Below the state directory.
MEMORY = "acceleration.json"
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
KVM = Path("/dev/kvm")
CPUINFO = Path("/proc/cpuinfo")
QEMU = "qemu-system-x86_64"
# The CPU that a guest sees: the host's under KVM. Emulated, `max` double-faulted and Nehalem was stable (QEMU 10.0.2).
CPUS = {"kvm": "host", "tcg": "Nehalem"}
BOOT_PROBE_SECONDS = 20
KVM_BOOT_SECONDS = 30
EMULATED_BOOT_SECONDS = 100


@dataclass(frozen=True)
class Acceleration:
    """What libvirt is to run machines with.

    `driver` is libvirt's name for it, "kvm" or "qemu" (emulation); `cpu` the model that goes with it,
    "host-passthrough" or a named one; `reason` how that is known; `boot_seconds` how long three machines
    are expected to take until they can be reached.
    """

    driver: str
    cpu: str
    reason: str
    boot_seconds: int


def of_this_host() -> Acceleration:
    """What runs machines here; found out once per boot of this host, and again when a box brings a kernel to try.

    It is remembered in the state directory where there is one: who only looks makes none.
    """
    memory = places.state() / MEMORY
    kernel = next(places.boxes().glob("*/vmlinuz"), None)
    key = f"{BOOT_ID.read_text().strip()} {kernel is not None}"
    if memory.exists():
        known = json.loads(memory.read_text())
        if known.pop("host") == key:
            return Acceleration(**known)
    found = probe(kernel)
    if shutil.which(QEMU) is not None and memory.parent.is_dir():  # without QEMU nothing was tried
        unfinished = memory.with_suffix(f".{os.getpid()}")
        unfinished.write_text(json.dumps({"host": key, **vars(found)}))
        unfinished.replace(memory)
    return found


def probe(kernel: Path | None = None) -> Acceleration:
    """Find out what this host can do; with `kernel`, a Linux image, by booting it. Takes up to 20 s then.

    A device node is no proof: in a sandbox /dev/kvm can be there, answer, and hang every ordinary kernel.
    """
    if not KVM.exists():
        return emulation(f"no {KVM}")
    flag = next((flag for flag in ("vmx", "svm") if flag in _cpu_flags()), None)
    if flag is None:
        return emulation(f"{KVM} is there, but the CPU announces neither vmx nor svm: it cannot run a kernel")
    if not os.access(KVM, os.R_OK | os.W_OK):
        # libvirt runs QEMU as a user of its own, which may have the access that this one lacks.
        return _kvm(f"{KVM} and {flag} are there; not tried, because this user may not open {KVM}")
    if kernel is None:
        return _kvm(f"{KVM} and {flag} are there; no kernel was booted to try")
    started = time.monotonic()
    problem = boot_problem(kernel, "kvm")
    if problem:
        return emulation(f"{KVM} and {flag} are there, but {problem}")
    return _kvm(f"{KVM} booted a kernel in {time.monotonic() - started:.1f} s")


def emulation(reason: str) -> Acceleration:
    """QEMU's own emulation, for the `reason` given."""
    return Acceleration("qemu", CPUS["tcg"], reason, EMULATED_BOOT_SECONDS)


def _kvm(reason: str) -> Acceleration:
    return Acceleration("kvm", "host-passthrough", reason, KVM_BOOT_SECONDS)


def _cpu_flags() -> set[str]:
    for line in CPUINFO.read_text(encoding="utf-8", errors="replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return set(value.split())
    return set()


def boot_problem(kernel: Path, accelerator: str, timeout: float = BOOT_PROBE_SECONDS) -> str:
    """Boot `kernel` with nothing else and say why that failed; empty when it came as far as it can.

    `accelerator` is QEMU's name, "kvm" or "tcg"; `timeout` is in seconds. Without a root file system a
    kernel that works ends in a panic about it, and `panic=-1` with `-no-reboot` ends QEMU.
    """
    program = shutil.which(QEMU)
    if program is None:
        return f"{QEMU} is missing"
    command = [
        *(program, "-nodefaults", "-no-user-config", "-display", "none", "-serial", "stdio", "-no-reboot"),
        *("-accel", accelerator, "-cpu", CPUS[accelerator], "-m", "256"),
        *("-kernel", str(kernel), "-append", "console=ttyS0 panic=-1"),
    ]
    try:
        done = programs.run(command, timeout=timeout, merged=True)
    except OSError as problem:
        return f"{program} does not work: {problem}"
    if done.status is None:
        return f"a kernel booted with it hung for {timeout:.0f} s {_last_said(done.stdout)}"
    if "Kernel panic - not syncing: VFS" in done.stdout:
        return ""
    return f"a kernel booted with it died, status {done.status} {_last_said(done.stdout)}"


def _last_said(output: str) -> str:
    said = [line.strip() for line in output.split("\n") if line.strip()]
    return f"(it said last: {said[-1]})" if said else "(it said nothing)"
