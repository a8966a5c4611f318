"""QEMU: which version will do depends on what accelerates it."""

from swarmdrill.host import tools
from swarmdrill.host.acceleration import QEMU, Acceleration
from swarmdrill.host.tools import ToolFinding, Version

PACKAGES = ("qemu-system-x86", "qemu-utils")
# Debian 12's, the oldest beside which there is a vagrant-libvirt that is new enough.
UNDER_KVM: Version = (7, 2)
# 7.2 corrupts emulated guests: with `-cpu max` they fault, with Nehalem two of three hung. 10.0.2 was stable.
EMULATING: Version = (10, 0)


def minimum(acceleration: Acceleration) -> Version:
    """The oldest QEMU that runs machines soundly with that acceleration."""
    return EMULATING if acceleration.driver == "qemu" else UNDER_KVM


def because(acceleration: Acceleration) -> str:
    """Why it has to be that version."""
    if acceleration.driver != "qemu":
        return "older ones were never tried"
    return (
        f"older ones corrupt machines whose processor is emulated, as here ({acceleration.reason});"
        f" with KVM {tools.dotted(UNDER_KVM)} will do"
    )


def examine(acceleration: Acceleration) -> ToolFinding:
    """Whether QEMU is there, with its tool for disks, in a version that will do with that acceleration."""
    found = tools.examine(QEMU)
    if not found.ok:
        return found
    oldest = minimum(acceleration)
    if tools.as_numbers(found.version) < oldest:
        why = because(acceleration)
        return ToolFinding(
            found.version, f"this is QEMU {found.version}, {tools.dotted(oldest)} or later is needed: {why}"
        )
    disks = tools.examine("qemu-img")
    return found if disks.ok else ToolFinding(found.version, disks.problem)
