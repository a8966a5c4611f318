"""What each provider can do on this machine, and why not: what `swarmdrill doctor` shows."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from harness.setup.doctor import ProviderReport
from harness.setup.engine import ask

IPVS = Path("/proc/net/ip_vs")


def providers() -> Sequence[ProviderReport]:
    """One report per provider. Looks only; starts and changes nothing."""
    return (
        _containers(),
        *(
            _not_built(name, program)
            for name, program in (
                ("libvirt", "virsh"),
                ("virtualbox", "VBoxManage"),
            )
        ),
    )


def _containers() -> ProviderReport:
    missing = [program for program in ("docker", "vagrant") if shutil.which(program) is None]
    answer = ask()
    reason = f"missing: {', '.join(missing)}" if missing else answer.error
    ipvs = IPVS.exists()
    return ProviderReport(
        name="docker",
        usable=not reason,
        reason=reason or f"Docker Engine {answer.version}",
        capabilities={
            "service VIPs and ingress": (ipvs, "kernel has IPVS" if ipvs else f"no {IPVS}: the kernel has no IPVS"),
            "snapshots": (False, "Vagrant's docker provider has none"),
            "own kernel and clock": (False, "containers share the host's"),
        },
    )


def _not_built(name: str, program: str) -> ProviderReport:
    there = "is installed" if shutil.which(program) else "is not installed"
    return ProviderReport(name, usable=False, reason=f"this version drills on containers only ({program} {there})")
