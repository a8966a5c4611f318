"""The box for VirtualBox: a disk that starts itself, a VMDK that can be read from front to back, an OVF, a catalogue.

VirtualBox is not asked: what it would read is read here. That the disk starts is verified by hand with QEMU
(docs/virtualbox.md).
"""

import json
import os
import random
import shutil
import struct
import subprocess
import tarfile
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.host import virtualbox as setup
from swarmdrill.host.tools import ToolFinding, find
from swarmdrill.machines.build import box
from swarmdrill.machines.build.box import Box
from swarmdrill.machines.virtualbox import disk as virtualbox_disk

OVF = "{http://schemas.dmtf.org/ovf/envelope/1}"
RASD = "{http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData}"
MEGABYTE = 1 << 20

pytestmark = pytest.mark.skipif(
    not setup.examine_boot_loader().ok or shutil.which("qemu-img") is None,
    reason="no syslinux or qemu-img: `make setup PROVIDER=virtualbox`",
)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    """A box in the catalogue with a root file system of 16 MiB: data, a hole, data, and an empty end."""
    monkeypatch.setattr(virtualbox_disk, "ROOT_BYTES", 16 * MEGABYTE)
    monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path))
    made = Box("26.1.5.7", places.boxes() / "26.1.5.7")
    made.directory.mkdir(parents=True)
    noise = random.Random(1).randbytes
    made.part("vmlinuz").write_bytes(noise(3 * MEGABYTE))
    made.part("initrd").write_bytes(noise(MEGABYTE))
    raw = tmp_path / "root.raw"
    with raw.open("wb") as file:
        file.truncate(16 * MEGABYTE)
        file.write(noise(2 * MEGABYTE))
        file.seek(9 * MEGABYTE)
        file.write(noise(MEGABYTE))
    subprocess.run(["qemu-img", "convert", "-O", "qcow2", raw, made.part("box.img")], check=True)
    return made


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """A path with what a shell, qemu-img and mcopy could take for something else."""
    directory = tmp_path / "Jürgen's, scratch"
    directory.mkdir()
    return directory


def test_the_disk_has_a_boot_loader_the_kernel_and_the_root_file_system(
    source: Box, scratch: Path, tmp_path: Path
) -> None:
    disk = scratch / "disk.raw"
    virtualbox_disk.make_disk(source, disk)
    sfdisk = find("sfdisk")
    assert sfdisk is not None
    table = json.loads(subprocess.run([sfdisk, "--json", disk], capture_output=True, check=True).stdout)
    boot, root = table["partitiontable"]["partitions"]
    assert (boot["start"], boot["type"], boot["bootable"]) == (2048, "e", True)
    assert (root["start"], root["size"], root["type"]) == (133120, 32768, "83")
    content = disk.read_bytes()
    assert content[:440] == setup.MBR.read_bytes().ljust(440, b"\0")[:440]
    assert content[boot["start"] * 512 + 3 :].startswith(b"SYSLINUX")
    assert int.from_bytes(content[MEGABYTE + 0x1C : MEGABYTE + 0x20], "little") == boot["start"], "hidden sectors"
    assert content[root["start"] * 512 :] == (tmp_path / "root.raw").read_bytes()
    for name in ("vmlinuz", "initrd"):
        read = ["mcopy", "-i", f"{disk}@@1M", f"::{name}", "-"]
        assert subprocess.run(read, capture_output=True, check=True).stdout == source.part(name).read_bytes()


def read_as_virtualbox_does(vmdk: Path) -> Iterator[tuple[int, bytes]]:
    """Offset and content of each block, from front to back, by the markers in between, up to the end marker.

    This is the way of vmdkStreamReadSequential in VirtualBox's src/VBox/Storage/VMDK.cpp, 7.1.
    """
    with vmdk.open("rb") as file:
        magic, version, flags, _, grain, _, _, tables, _, _, overhead = struct.unpack("<4sIIQQQQIQQQ", file.read(72))
        assert (magic, version, grain, tables) == (b"KDMV", 3, 128, 512)
        assert flags & 0x30000 == 0x30000, "compressed, with markers"
        file.seek(overhead * 512)
        last = -1
        while True:
            sector, size = struct.unpack("<QI", file.read(12))
            if size == 0:
                assert struct.unpack("<I", file.read(4)) == (0,), "end of stream"
                return
            assert sector > last, "not in order"
            last = sector
            yield sector * 512, zlib.decompress(file.read(size))
            file.seek(-file.tell() % 512, os.SEEK_CUR)


def test_the_vmdk_can_be_read_from_front_to_back(source: Box, scratch: Path) -> None:
    virtualbox_disk._build(source, scratch)
    disk = bytearray((scratch / "disk.raw").stat().st_size)
    for offset, content in read_as_virtualbox_does(scratch / "box.vmdk"):
        disk[offset : offset + len(content)] = content
    assert disk == (scratch / "disk.raw").read_bytes()
    # What it is for: as qemu-img leaves it, the end of the file comes where the next marker should be.
    without = ["qemu-img", "convert", "-O", "vmdk", "-o", "subformat=streamOptimized"]
    subprocess.run([*without, scratch / "disk.raw", scratch / "without.vmdk"], check=True)
    with pytest.raises(struct.error):
        list(read_as_virtualbox_does(scratch / "without.vmdk"))


def test_the_box_has_what_vagrant_and_virtualbox_look_for(source: Box, scratch: Path) -> None:
    virtualbox_disk._build(source, scratch)
    with tarfile.open(scratch / "box") as tar:
        assert tar.getnames() == ["metadata.json", "Vagrantfile", "box.ovf", "box.vmdk"]
        size = tar.getmember("box.vmdk").size
    assert json.loads((scratch / "metadata.json").read_text()) == {"provider": "virtualbox"}

    envelope = ET.parse(scratch / "box.ovf").getroot()
    assert envelope.tag == f"{OVF}Envelope"
    sections = [child.tag.removeprefix(OVF) for child in envelope]
    assert sections == ["References", "DiskSection", "NetworkSection", "VirtualSystem"]
    file, disk = envelope.find(f"{OVF}References/{OVF}File"), envelope.find(f"{OVF}DiskSection/{OVF}Disk")
    assert file is not None
    assert disk is not None
    assert (file.attrib[f"{OVF}href"], int(file.attrib[f"{OVF}size"])) == ("box.vmdk", size)
    assert disk.attrib[f"{OVF}fileRef"] == file.attrib[f"{OVF}id"]
    assert int(disk.attrib[f"{OVF}capacity"]) == (scratch / "disk.raw").stat().st_size
    assert disk.attrib[f"{OVF}format"].endswith("vmdk.html#streamOptimized")

    # Resource types of CIM: processor 3, memory 4, SATA 20, disk 17, Ethernet 10.
    items = [{child.tag.removeprefix(RASD): child.text or "" for child in item} for item in envelope.iter(f"{OVF}Item")]
    by_type = {item["ResourceType"]: item for item in items}
    assert sorted(by_type) == ["10", "17", "20", "3", "4"]
    assert len({item["InstanceID"] for item in items}) == len(items) == 5
    assert by_type["17"]["HostResource"] == f"/disk/{disk.attrib[f'{OVF}diskId']}"
    assert by_type["17"]["Parent"] == by_type["20"]["InstanceID"]
    assert by_type["4"]["VirtualQuantity"] == str(virtualbox_disk.MEMORY_MB)
    network = envelope.find(f"{OVF}NetworkSection/{OVF}Network")
    assert network is not None
    assert by_type["10"]["Connection"] == network.attrib[f"{OVF}name"] == "NAT"


def test_the_catalogue_has_it_as_a_second_provider_of_the_version(source: Box) -> None:
    libvirt = {"name": "libvirt", "url": "file:///swarmdrill.box", "checksum_type": "sha256", "checksum": "a"}
    versions = [{"version": version, "providers": [libvirt]} for version in ("26.1.5.6", source.version)]
    box.catalogue().write_text(json.dumps({"name": box.NAME, "versions": versions}))
    file = source.directory / "virtualbox-1.box"
    file.touch()
    file.with_suffix(".sha256").write_text("b")
    for _ in range(2):
        virtualbox_disk._add_to_catalogue()
        older, ours = json.loads(box.catalogue().read_text())["versions"]
        assert older["providers"] == [libvirt]
        assert ours["providers"] == [
            libvirt,
            {"name": "virtualbox", "url": file.as_uri(), "checksum_type": "sha256", "checksum": "b"},
        ]


def test_a_missing_tool_is_named(source: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setup, "examine_boot_loader", lambda: ToolFinding(problem="missing: mcopy"))
    with pytest.raises(UsageProblem, match="missing: mcopy: run `make setup PROVIDER=virtualbox`"):
        virtualbox_disk._require_tools()
