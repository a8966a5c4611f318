"""Build the VirtualBox box of a machine: the libvirt box's root file system, behind a boot loader, with an OVF."""

import hashlib
import json
import os
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from string import Template

from swarmdrill.base import places, trace
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.settings import how_to
from swarmdrill.host import tools, virtualbox as setup
from swarmdrill.machines.build import box, rootfs, sandbox
from swarmdrill.machines.build.releases import EngineRelease, releases

BUILD_BYTES = 3_000_000_000
DESCRIPTION = rootfs.NODES / "virtualbox" / "box.ovf"

SECTOR = 512
MEMORY_MB = 1024
# Partitions start at whole megabytes, as sfdisk(8) recommends; the first sector is the boot loader's.
BOOT_START = 1 << 20
BOOT_BYTES = 64 << 20
ROOT_START = BOOT_START + BOOT_BYTES
ROOT_BYTES = box.DISK_GB << 30
# No serial port is needed: /dev/console is the last one named.
SYSLINUX = """\
DEFAULT node
PROMPT 0
TIMEOUT 0
LABEL node
  LINUX vmlinuz
  INITRD initrd
  APPEND console=ttyS0 console=tty0 net.ifnames=0 quiet root=/dev/sda2
"""
# Of the first card. Locally administered; each machine has a NAT of its own, so none ever sees another's.
BASE_MAC = "02537744524C"
# The machine id of a machine that is used by hand.
BY_HAND_ID = "0" * 31 + "1"
# The box's own Vagrantfile: what every machine made of it needs, by hand too.
VAGRANTFILE = f"""\
{box.OWN_KEY}
Vagrant.configure("2") do |config|
  config.vm.base_mac = "{BASE_MAC}"
  config.ssh.username = "root"
  config.ssh.private_key_path = key
  config.ssh.insert_key = false
  config.ssh.sudo_command = "%c"
  config.vm.guest = :debian
  config.vm.synced_folder ".", "/vagrant", disabled: true
  config.vm.provider :virtualbox do |machine|
    # The cloud kernel has no driver for the Intel card that VirtualBox gives by default.
    machine.default_nic_type = "virtio"
    machine.check_guest_additions = false
    machine.functional_vboxsf = false
    machine.memory = {MEMORY_MB}
    # What machine-init and take-key read. A lab's own values come after these; an address is of no use by hand.
    firmware = "VBoxInternal/Devices/pcbios/0/Config"
    identity = ["swarmdrill", "node", "{BY_HAND_ID}", "192.0.2.1/24"].join(" ")
    machine.customize ["setextradata", :id, "#{{firmware}}/DmiSystemSKU", identity]
    machine.customize ["setextradata", :id, "#{{firmware}}/DmiSystemSerial", public_key]
  end
end
"""


@dataclass(frozen=True)
class VirtualBoxBox:
    """The file for VirtualBox of a box; `version` is the libvirt one's, since they hold the same machine."""

    version: str
    file: Path

    @property
    def checksum(self) -> str:
        """SHA-256 of the file, as the catalogue says it."""
        return self.file.with_suffix(".sha256").read_text(encoding="ascii")


def ensure(release: EngineRelease) -> VirtualBoxBox:
    """Return the box of `release` for VirtualBox, built where it is missing, and list it in the catalogue.

    Takes about 40 s beyond the libvirt box that it is made from. Raises UsageProblem when a tool or room is
    missing, LabBroken with the last lines of the build when it fails.
    """
    source = box.ensure(release)
    built = VirtualBoxBox(source.version, source.directory / f"virtualbox-{_digest()}.box")
    with sandbox.turn() as scratch:
        if not built.file.exists():
            _require_tools()
            with trace.phase("build the VirtualBox box for Docker {version}", version=release.version):
                _build(source, scratch)
                for old in source.directory.glob("virtualbox-*"):
                    old.unlink()
                (scratch / "box.sha256").rename(built.file.with_suffix(".sha256"))
                (scratch / "box").rename(built.file)
        _add_to_catalogue()
    return built


def built() -> dict[str, VirtualBoxBox]:
    """The boxes that are there, by engine version."""
    sources = {version: box.box(release) for version, release in releases().items()}
    boxes = {
        version: VirtualBoxBox(source.version, source.directory / f"virtualbox-{_digest()}.box")
        for version, source in sources.items()
    }
    return {version: each for version, each in boxes.items() if each.file.exists()}


def _digest() -> str:
    """Eight hex digits that change whenever anything does that makes this box of the other one."""
    return hashlib.sha256(Path(__file__).read_bytes() + DESCRIPTION.read_bytes()).hexdigest()[:8]


def _require_tools() -> None:
    found = setup.examine_boot_loader()
    if not found.ok:
        raise UsageProblem(
            said(
                "the box for VirtualBox is not built: {problem}: run `{setup}`",
                setup=how_to("setup", "virtualbox"),
                problem=found.problem,
            )
        )
    if shutil.disk_usage(places.boxes()).free < BUILD_BYTES:
        raise UsageProblem(
            said(
                "{directory} needs {gigabytes:.0f} GB for a box: free some space",
                directory=places.boxes(),
                gigabytes=BUILD_BYTES / 1e9,
            )
        )


def _build(source: box.Box, scratch: Path) -> None:
    disk, vmdk = scratch / "disk.raw", scratch / "box.vmdk"
    make_disk(source, disk)
    sandbox.run(["qemu-img", "convert", "-O", "vmdk", "-o", "subformat=streamOptimized", str(disk), str(vmdk)])
    end_stream(vmdk)
    described = Template(DESCRIPTION.read_text(encoding="utf-8")).substitute(
        file_bytes=vmdk.stat().st_size, disk_bytes=disk.stat().st_size, memory_mb=MEMORY_MB
    )
    (scratch / "box.ovf").write_text(described, encoding="utf-8")
    (scratch / "metadata.json").write_text(json.dumps({"provider": "virtualbox"}), encoding="utf-8")
    (scratch / "Vagrantfile").write_text(VAGRANTFILE, encoding="utf-8")
    with tarfile.open(scratch / "box", "w") as tar:
        for name in ("metadata.json", "Vagrantfile", "box.ovf", "box.vmdk"):
            tar.add(scratch / name, arcname=name)
    with (scratch / "box").open("rb") as file:
        checksum = hashlib.file_digest(file, "sha256").hexdigest()
    (scratch / "box.sha256").write_text(checksum, encoding="ascii")


def make_disk(source: box.Box, disk: Path) -> None:
    """Write a raw disk: boot loader, a FAT partition with it, kernel and initrd, and the root file system.

    Nothing is mounted, so root is not needed. Raises LabBroken when a tool fails.
    """
    boot, config = disk.with_name("boot.fat"), disk.with_name("syslinux.cfg")
    with boot.open("wb") as file:
        file.truncate(BOOT_BYTES)
    config.write_text(SYSLINUX, encoding="ascii")
    # -h: syslinux adds the partition's start to where its own file lies.
    sandbox.run([_program("mkfs.fat"), "-F", "16", "-h", str(BOOT_START // SECTOR), "-n", "BOOT", str(boot)])
    sandbox.run([_program("syslinux"), "--install", str(boot)])
    kernel = [str(source.part(name)) for name in ("vmlinuz", "initrd")]
    sandbox.run([_program("mcopy"), "-i", str(boot), *kernel, str(config), "::/"])
    with disk.open("wb") as file:
        file.truncate(ROOT_START + ROOT_BYTES)
    table = f"label: dos\nstart={BOOT_START // SECTOR}, size={BOOT_BYTES // SECTOR}, type=e, bootable\n"
    table += f"start={ROOT_START // SECTOR}, size={ROOT_BYTES // SECTOR}, type=83\n"
    layout = disk.with_name("layout")
    layout.write_text(table, encoding="ascii")
    sandbox.run(["sh", "-euc", '"$1" --quiet "$2" < "$3"', "sh", _program("sfdisk"), str(disk), str(layout)])
    with disk.open("r+b") as target:
        # The boot code ends where the partition table of sfdisk begins.
        target.write(setup.MBR.read_bytes()[:440])
        target.seek(BOOT_START)
        target.write(boot.read_bytes())
    # A comma ends an option, and two are one of the value (QEMU's qemu-doc, "-drive").
    name = str(disk).replace(",", ",,")
    part = f"driver=raw,offset={ROOT_START},size={ROOT_BYTES},file.driver=file,file.filename={name}"
    image = str(source.part("box.img"))
    sandbox.run(["qemu-img", "convert", "-n", "--target-is-zero", "--target-image-opts", image, part])


def end_stream(vmdk: Path) -> None:
    """Write the end-of-stream marker, a sector of zeros, which qemu-img leaves out.

    VirtualBox imports such a disk in one go from front to back, and takes the end of the file for an error
    where the disk's last blocks are empty (vmdkStreamReadSequential in its VMDK.cpp).
    """
    with vmdk.open("r+b") as file:
        end = file.seek(0, os.SEEK_END)
        file.write(bytes(-end % SECTOR + SECTOR))


def _program(name: str) -> str:
    path = tools.find(name)
    assert path is not None, f"{name} was there a moment ago"
    return path


def _add_to_catalogue() -> None:
    """Make VirtualBox the second provider of every version in the catalogue that has a box for it."""
    entry = json.loads(box.catalogue().read_text(encoding="utf-8"))
    for version in entry["versions"]:
        others = [each for each in version["providers"] if each["name"] != "virtualbox"]
        ours = [
            {
                "name": "virtualbox",
                "url": file.as_uri(),
                "checksum_type": "sha256",
                "checksum": VirtualBoxBox(version["version"], file).checksum,
            }
            for file in (places.boxes() / version["version"]).glob("virtualbox-*.box")
        ]
        version["providers"] = others + ours
    box.catalogue().write_text(json.dumps(entry, indent=2) + "\n", encoding="utf-8")
