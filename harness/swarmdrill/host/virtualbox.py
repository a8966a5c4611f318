"""This host's VirtualBox, and what makes disks for it: whether it is there, recent enough, and works."""

from pathlib import Path

from swarmdrill.host import tools
from swarmdrill.host.tools import ToolFinding

# The oldest whose system SKU and virtio card were looked up in its source. Vagrant 2.3 knows none after 7.0.
MINIMUM = (6, 1)
# Debian's syslinux, mtools, dosfstools, fdisk, and syslinux-common.
BOOT_PROGRAMS = ("syslinux", "mcopy", "mkfs.fat", "sfdisk")
MBR = Path("/usr/lib/syslinux/mbr/mbr.bin")
REMEDY = "install it from https://www.virtualbox.org/wiki/Linux_Downloads"


def examine() -> ToolFinding:
    """What there is of VirtualBox. Debian's archive has none, so set-up cannot install it."""
    path = tools.find("VBoxManage")
    if path is None:
        return ToolFinding(problem=f"VBoxManage is missing; {REMEDY}")
    # Where the kernel's drivers are not loaded it says so first, and gives the version all the same.
    lines = tools.output([path, "--version"]).strip().splitlines()
    version = lines[-1] if lines else ""
    if tools.as_numbers(version) < MINIMUM:
        return ToolFinding(
            version, f"{path} is {version or 'broken'}, {tools.dotted(MINIMUM)} or later is needed; {REMEDY}"
        )
    if any("WARNING" in line for line in lines):
        return ToolFinding(version, "its kernel drivers are not loaded: run `sudo /sbin/vboxconfig`")
    return ToolFinding(tools.version_in(version) or version)


def examine_boot_loader() -> ToolFinding:
    """What there is of the programs that put a boot loader on a disk."""
    missing = [program for program in BOOT_PROGRAMS if tools.find(program) is None]
    if missing or not MBR.exists():
        return ToolFinding(problem=f"missing: {', '.join(missing) or MBR}")
    return tools.examine("syslinux")
