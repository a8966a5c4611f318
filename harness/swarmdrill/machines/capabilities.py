"""What each provider can do on this machine, and why not: what `swarmdrill doctor` shows and scenarios ask for."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, get_args

from swarmdrill.base.settings import how_to
from swarmdrill.host import acceleration, client, libvirt, virtualbox
from swarmdrill.host.engine import ask

# What a scenario can need of the machines, as it is named in its marker.
Need = Literal["snapshots", "service VIPs and ingress", "own kernel and clock", "change of engine"]
NEEDS: tuple[Need, ...] = get_args(Need)
SNAPSHOTS: Final = "snapshots"
SERVICE_VIPS: Final = "service VIPs and ingress"
OWN_CLOCK: Final = "own kernel and clock"
ENGINE_CHANGE: Final = "change of engine"

IPVS = Path("/proc/net/ip_vs")


@dataclass(frozen=True)
class ProviderReport:
    """What one provider can do on this machine.

    `capabilities` maps what it could do ("snapshots", "service VIPs") to whether it can, and why or why not;
    `reason` says why it is not usable, and may be empty when it is.
    """

    name: str
    usable: bool
    capabilities: Mapping[str, tuple[bool, str]] = field(default_factory=dict)
    reason: str = ""


def providers() -> Sequence[ProviderReport]:
    """One report per provider. Looks only; starts and changes nothing."""
    return (_containers(), _virtual_machines(), _virtualbox())


def lacking(provider: str, needs: Sequence[str]) -> str:
    """What of `needs` the machines of `provider` do not have here and why; empty when nothing is lacking."""
    able = _abilities(provider)
    return "; ".join(f"{need}: {able[need][1]}" for need in needs if not able[need][0])


def _abilities(provider: str) -> Mapping[str, tuple[bool, str]]:
    if provider != "docker":
        return {
            SERVICE_VIPS: (True, "the machines' own kernel has IPVS"),
            SNAPSHOTS: (True, "of disk and memory, of all machines at one point in time"),
            OWN_CLOCK: (True, "each machine has its own"),
            ENGINE_CHANGE: (False, "it is on the same disk as what has to stay"),
        }
    ipvs = IPVS.exists()
    return {
        SERVICE_VIPS: (ipvs, "kernel has IPVS" if ipvs else f"no {IPVS}: the kernel has no IPVS"),
        SNAPSHOTS: (False, "Vagrant's docker provider has none"),
        OWN_CLOCK: (False, "containers share the host's"),
        ENGINE_CHANGE: (True, "a container from another image, with the volume of the one before"),
    }


def _containers() -> ProviderReport:
    missing = [program for program in (client.path(), "vagrant") if shutil.which(program) is None]
    answer = ask()
    reason = f"missing: {', '.join(missing)}" if missing else answer.error
    return ProviderReport(
        name="docker",
        usable=not reason,
        reason=reason or f"Docker Engine {answer.version}",
        capabilities=_abilities("docker"),
    )


def _virtual_machines() -> ProviderReport:
    missing = [program for program in ("virsh", "qemu-system-x86_64", "vagrant") if shutil.which(program) is None]
    if missing:
        return ProviderReport("libvirt", usable=False, reason=f"missing: {', '.join(missing)}: {_SET_UP}")
    answer = libvirt.ask()
    if answer.error:
        return ProviderReport("libvirt", usable=False, reason=f"libvirt does not answer ({answer.error}): {_SET_UP}")
    found = acceleration.of_this_host()
    speed = f"{found.reason}; expect {found.boot_seconds:.0f} s for three machines to boot"
    return ProviderReport(
        "libvirt",
        usable=True,
        reason=f"libvirt {answer.version}",
        capabilities={"acceleration": (found.driver == "kvm", speed), **_abilities("libvirt")},
    )


def _virtualbox() -> ProviderReport:
    found = virtualbox.examine()
    unverified = "not verified by its makers, see docs/virtualbox.md"
    return ProviderReport(
        "virtualbox",
        usable=found.ok,
        reason=f"{f'VirtualBox {found.version}' if found.ok else found.problem}; {unverified}",
        capabilities=_abilities("virtualbox") if found.ok else {},
    )


_SET_UP = f"run `{how_to('setup', 'libvirt')}`"
