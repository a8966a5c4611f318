"""Bad requests for virtual machines: one clear line, a usage exit status, nothing booted or left."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_refusals import path_without, refused

from conftest import PROVIDER, Product
from harness.provider import acceleration, box

pytestmark = pytest.mark.skipif(PROVIDER != "libvirt", reason="run it with PROVIDER=libvirt")


def test_libvirt_is_missing(product: Product, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    refused(product, "libvirt does not answer (virsh is missing)", PATH=path_without(tmp_path / "bin", "virsh"))


def test_libvirt_does_not_answer(product: Product, tmp_path: Path) -> None:
    """A `virsh` that says what the real one says without a libvirtd."""
    virsh = tmp_path / "virsh"
    virsh.write_text("#!/bin/sh\necho 'error: failed to connect to the hypervisor' >&2\nexit 1\n")
    virsh.chmod(0o755)
    refused(product, "libvirt does not answer", PATH=f"{tmp_path}:{os.environ['PATH']}")


@pytest.fixture
def small_disk() -> Iterator[None]:
    """A file system of 1 MB where boxes are built."""
    box.BOXES.mkdir(parents=True, exist_ok=True)
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(box.BOXES)])
    yield
    subprocess.check_call(["umount", str(box.BOXES)])


@pytest.mark.usefixtures("whole_checkout", "small_disk")
def test_no_room_for_the_box(product: Product) -> None:
    refused(product, "GB for a box: free some space")
    assert list(box.BOXES.iterdir()) == []


@pytest.mark.skipif(
    PROVIDER == "libvirt" and acceleration.of_this_host().driver != "qemu", reason="with KVM the old QEMU will do"
)
def test_an_old_qemu_that_has_to_emulate(product: Product, tmp_path: Path) -> None:
    qemu = tmp_path / "qemu-system-x86_64"
    qemu.write_text("#!/bin/sh\necho 'QEMU emulator version 7.2.17 (Debian)'\n")
    qemu.chmod(0o755)
    refused(product, "QEMU will not do: this is QEMU 7.2.17", PATH=f"{tmp_path}:{os.environ['PATH']}")
