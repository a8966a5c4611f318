"""Build the Vagrant box of a machine from Debian packages, once per content."""

import hashlib
import json
import os
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmdrill.base import places, programs, trace
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.machines.build import rootfs, sandbox
from swarmdrill.machines.build.releases import EngineRelease
from swarmdrill.machines.build.rootfs import NODES

NAME = "swarmdrill/node"
# Gigabytes that the machine sees; the file holds what is used.
DISK_GB = 8
BUILD_BYTES = 4_000_000_000
CONTENT = "content.json"
ADD_SECONDS = 300

PACKAGES = ("busybox-static", "kmod", "linux-image-cloud-amd64", "udev")
# Ruby for a box's own Vagrantfile: it lets nobody in by itself, so whoever uses it by hand gets a key there and then.
OWN_KEY = """\
key = File.expand_path("id_ed25519", __dir__)
unless File.exist?(key) || system("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key)
  abort "#{key} cannot be made, and the box lets in nobody but who has a key of its own"
end
public_key = File.read("#{key}.pub").split[1]
"""
# The box's own Vagrantfile, for use by hand: a box without a boot loader is started with its kernel.
VAGRANTFILE = f"""\
{OWN_KEY}
Vagrant.configure("2") do |config|
  config.ssh.username = "root"
  config.ssh.private_key_path = key
  config.ssh.insert_key = false
  config.ssh.sudo_command = "%c"
  config.vm.guest = :debian
  config.vm.synced_folder ".", "/vagrant", disabled: true
  config.vm.provider :libvirt do |machine|
    machine.kernel = File.expand_path("vmlinuz", __dir__)
    machine.initrd = File.expand_path("initrd", __dir__)
    machine.cmd_line = "console=ttyS0 net.ifnames=0 quiet swarmdrill.ssh-ed25519=#{{public_key}}"
    machine.memory = 1024
  end
end
"""


@dataclass(frozen=True)
class Box:
    """A box in the catalogue; `version` is the engine's with a number that stands for the box's content."""

    version: str
    directory: Path

    @property
    def file(self) -> Path:
        return self.directory / "swarmdrill.box"

    def part(self, name: str) -> Path:
        """`box.img`, `vmlinuz` or `initrd`, as they are in the box."""
        return self.directory / name

    def complete(self) -> bool:
        """Whether all of it was written: the size of each file is the one that is in the list, which comes last."""
        if not (self.directory / CONTENT).exists():
            return False
        sizes = {name: entry["size"] for name, entry in self._content()["files"].items()}
        return all(self.part(name).exists() and self.part(name).stat().st_size == size for name, size in sizes.items())

    def require_engine(self, version: str) -> None:
        """Raise UsageProblem unless the box was built with that engine, whatever its directory is called."""
        if (found := self._content()["engine"]) != version:
            raise UsageProblem(
                said(
                    "{directory} is a box with Docker {found}, not {version}: remove it to have the right one built",
                    directory=self.directory,
                    found=found,
                    version=version,
                )
            )

    def require_intact(self, name: str) -> None:
        """Raise LabBroken unless the content of the part is what was built."""
        if _sum(self.part(name)) != self.checksum(name):
            raise LabBroken(
                said(
                    "{part} is damaged: remove {directory} to have it built again",
                    part=self.part(name),
                    directory=self.directory,
                )
            )

    def checksum(self, name: str) -> str:
        """The sha256 of the part as it was built, in hex."""
        return str(self._content()["files"][name]["sha256"])

    def _content(self) -> dict[str, Any]:
        """The list that a build ends with: which engine is in the box, size and sum of each file."""
        found: dict[str, Any] = json.loads((self.directory / CONTENT).read_text(encoding="utf-8"))
        return found


def catalogue() -> Path:
    """The box catalogue entry (Vagrant's `metadata.json`) with every version that was built here."""
    return places.boxes() / "metadata.json"


def box(release: EngineRelease) -> Box:
    """The box of `release`, built or not."""
    sources = [Path(__file__), NODES / "machine-init"]
    content = rootfs.digest(release, _recipe(release), sources)
    version = f"{release.version}.{int(content[:7], 16)}"
    return Box(version, places.boxes() / version)


def ensure(release: EngineRelease) -> Box:
    """Return the box, building it first where this checkout has none of that content.

    Takes about 90 s with warm package mirrors. Raises UsageProblem when a tool or room is missing, or what lies there
    is a box of another engine; LabBroken with the last lines of the build when it fails. A build that was cut off
    leaves nothing that looks like a box.
    """
    found = box(release)
    places.boxes().mkdir(parents=True, exist_ok=True)
    if found.complete():
        found.require_engine(release.version)
        if catalogue().exists() and found.version in catalogue().read_text(encoding="utf-8"):
            return found
    with sandbox.turn() as scratch:
        if found.directory.exists() and not found.complete():
            with trace.phase("remove a half-written box, {directory}", directory=found.directory.name):
                shutil.rmtree(found.directory)
        if not found.directory.exists():
            if shutil.disk_usage(places.boxes()).free < BUILD_BYTES:
                raise UsageProblem(
                    said(
                        "{directory} needs {gigabytes:.0f} GB for a box: free some space",
                        directory=places.boxes(),
                        gigabytes=BUILD_BYTES / 1e9,
                    )
                )
            with trace.phase("build the box for Docker {version}", version=release.version):
                _build(release, scratch)
                scratch.rename(found.directory)
        _write_catalogue()
    return found


def add(version: str, provider: str, home: Path, *options: str) -> None:
    """Have Vagrant, with its data in `home`, take over the box of the catalogue. Raises LabBroken when it does not."""
    command = ["vagrant", "box", "add", *options, f"--provider={provider}", f"--box-version={version}"]
    done = programs.run(
        [*command, str(catalogue())],
        timeout=ADD_SECONDS,
        more={"VAGRANT_HOME": str(home), "VAGRANT_CHECKPOINT_DISABLE": "1"},
        cwd=places.state(),
    )
    if not done.ok:
        raise LabBroken(said("{command} failed: {stderr}", command=" ".join(command), stderr=done.stderr.strip()))


def _recipe(release: EngineRelease) -> rootfs.Recipe:
    return rootfs.Recipe(
        (*rootfs.NODE_PACKAGES, *PACKAGES, *release.packages),
        overlays=("common", "machine"),
        hooks=("systemd-build", "machine-build"),
    )


def _build(release: EngineRelease, scratch: Path) -> None:
    node = rootfs.machine(release, _recipe(release), scratch)
    with tarfile.open(node) as root:
        for name in ("vmlinuz", "initrd"):
            source = root.extractfile(f"./boot/{name}")
            assert source is not None
            with source, (scratch / name).open("wb") as target:
                shutil.copyfileobj(source, target)
    # mke2fs copies owners from a directory, so the tar has to be unpacked by somebody who may give files away.
    unpack_and_make = (
        "mkdir root && tar -C root -xf node.tar --exclude=./boot/vmlinuz --exclude=./boot/initrd --exclude='./dev/*'"
        f" && mke2fs -q -t ext4 -L swarmdrill -E lazy_itable_init=1 -d root disk.raw {DISK_GB}G"
    )
    giver = () if os.geteuid() == 0 else ("fakeroot",)
    sandbox.run([*giver, "sh", "-euc", f'cd "$1" && {unpack_and_make}', "sh", str(scratch)])
    sandbox.run(["qemu-img", "convert", "-O", "qcow2", str(scratch / "disk.raw"), str(scratch / "box.img")])
    (scratch / "Vagrantfile").write_text(VAGRANTFILE, encoding="utf-8")
    described = {"provider": "libvirt", "format": "qcow2", "virtual_size": DISK_GB}
    (scratch / "metadata.json").write_text(json.dumps(described), encoding="utf-8")
    with tarfile.open(scratch / "swarmdrill.box", "w") as tar:
        for name in ("metadata.json", "Vagrantfile", "box.img", "vmlinuz", "initrd"):
            tar.add(scratch / name, arcname=name)
    for rest in ("node.tar", "workload-layer.tar", "workload.tar", "disk.raw", "Vagrantfile", "metadata.json"):
        (scratch / rest).unlink()
    shutil.rmtree(scratch / "root")
    made = ("swarmdrill.box", "box.img", "vmlinuz", "initrd")
    sums = {name: {"size": (scratch / name).stat().st_size, "sha256": _sum(scratch / name)} for name in made}
    content = {"engine": release.version, "files": sums}
    (scratch / CONTENT).write_text(json.dumps(content, indent=2), encoding="utf-8")


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_catalogue() -> None:
    """List every box that is there, as `vagrant box add` reads it."""
    versions = [
        {
            "version": path.parent.name,
            "providers": [
                {
                    "name": "libvirt",
                    "url": path.as_uri(),
                    "checksum_type": "sha256",
                    "checksum": Box(path.parent.name, path.parent).checksum(path.name),
                }
            ],
        }
        for path in sorted(places.boxes().glob("*/swarmdrill.box"))
        if path.with_name(CONTENT).exists()
    ]
    entry = {"name": NAME, "description": "A manager of a swarmdrill lab.", "versions": versions}
    catalogue().write_text(json.dumps(entry, indent=2) + "\n", encoding="utf-8")
