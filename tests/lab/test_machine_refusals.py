"""Bad requests for virtual machines: one clear line, a usage exit status, nothing booted or left."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from product.checkout import PROVIDER
from product.refusals import QUICK, path_without, refused
from product.running import Product
from swarmdrill.base import places
from swarmdrill.host import acceleration, resources
from swarmdrill.machines.build import box, releases, sandbox
from swarmdrill.machines.libvirt import provider

DEFAULT_ENGINE, OTHER_ENGINE = "26.1.5", "20.10.24"

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
    places.boxes().mkdir(parents=True, exist_ok=True)
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(places.boxes())])
    yield
    subprocess.check_call(["umount", str(places.boxes())])


@pytest.mark.usefixtures("whole_checkout", "small_disk")
def test_no_room_for_the_box(product: Product) -> None:
    refused(product, "GB for a box: free some space")
    assert list(places.boxes().iterdir()) == []


def test_too_little_memory(product: Product) -> None:
    """For as many labs side by side as would need all the memory there is, and one more."""
    labs = resources.memory("MemAvailable") // (3 * provider.MEMORY_MB * 2**20) + 1
    refused(product, f"{3 * labs} machines need", "-n", str(labs))


@pytest.fixture
def built() -> box.Box:
    """The box of the default engine, built where it is missing."""
    return box.ensure(releases.release(DEFAULT_ENGINE))


@pytest.mark.usefixtures("whole_checkout")
def test_a_box_of_another_engine(product: Product, built: box.Box) -> None:
    other = box.box(releases.release(OTHER_ENGINE))
    assert not other.directory.exists(), "this checkout has that box, and the test needs its place"
    shutil.copytree(built.directory, other.directory, copy_function=os.link)
    try:
        refused(product, f"is a box with Docker {DEFAULT_ENGINE}, not {OTHER_ENGINE}", f"--engine={OTHER_ENGINE}")
    finally:
        shutil.rmtree(other.directory)


@pytest.mark.usefixtures("whole_checkout")
def test_a_half_written_box_is_built_again(product: Product, built: box.Box) -> None:
    """It is removed before the first package is asked for; the build itself is not waited for."""
    aside = built.directory.with_name("aside")
    built.directory.rename(aside)
    built.directory.mkdir()
    shutil.copy(aside / "vmlinuz", built.directory)
    try:
        run = product.drill(QUICK)
        run.wait_for("StepStarted", title="build the box")
        assert not built.directory.exists()
        run.signal(signal.SIGINT)
        assert run.wait() != 0
        assert f"remove a half-written box, {built.version}" in run.text()
        assert list(sandbox.building().iterdir()) == []
    finally:
        shutil.rmtree(built.directory, ignore_errors=True)
        aside.rename(built.directory)


@pytest.mark.skipif(
    PROVIDER == "libvirt" and acceleration.of_this_host().driver != "qemu", reason="with KVM the old QEMU will do"
)
def test_an_old_qemu_that_has_to_emulate(product: Product, tmp_path: Path) -> None:
    qemu = tmp_path / "qemu-system-x86_64"
    qemu.write_text("#!/bin/sh\necho 'QEMU emulator version 7.2.17 (Debian)'\n")
    qemu.chmod(0o755)
    refused(product, "QEMU will not do: this is QEMU 7.2.17", PATH=f"{tmp_path}:{os.environ['PATH']}")
