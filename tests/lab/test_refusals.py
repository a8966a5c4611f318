"""Bad requests: one clear line that says what and what to do, a usage exit status, nothing booted or left."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from product.checkout import LABS, PROVIDER, ROOT
from product.leftovers import leftovers
from product.refusals import path_without, refused
from product.running import Product
from swarmdrill.machines.lab import Lab


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--provider=cloud"], "--provider 'cloud': choose one of"),
        (["--engine=19.03"], "'19.03' is in no catalogue; choose one of"),
        (["--managers=0"], "--managers '0': a swarm here has 1, 3, 5 or 7 managers"),
        (["--managers=2"], "or say --even-managers"),
        (["--managers=many"], "--managers 'many': is not a number"),
        (["--reports-dir=/dev/null/reports"], "--reports-dir /dev/null/reports"),
        (["--subnet=192.0.2.0/30"], "must be a private /24"),
        (["--reuse", "-n", "2"], "--reuse has one lab"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_bad_options(product: Product, arguments: list[str], message: str) -> None:
    refused(product, message, *arguments)


@pytest.mark.usefixtures("whole_checkout")
def test_no_lab_to_reuse(product: Product) -> None:
    """While no other test has the default lab."""
    refused(product, "run `swarmdrill up` first", "--reuse")


def test_docker_does_not_answer(product: Product, tmp_path: Path) -> None:
    refused(product, "does not answer", DOCKER_HOST=f"unix://{tmp_path}/nobody.sock")


def test_vagrant_is_missing(product: Product, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    refused(product, "Vagrant is missing", PATH=path_without(tmp_path / "bin", "vagrant"))


@pytest.fixture
def taken_subnet() -> Iterator[str]:
    subnet = "10.213.250.0/24"
    name = f"somebody-elses-{os.getpid()}"
    subprocess.check_call(["docker", "network", "create", "--subnet", subnet, name], stdout=subprocess.DEVNULL)
    yield subnet
    subprocess.check_call(["docker", "network", "rm", name], stdout=subprocess.DEVNULL)


def test_subnet_is_in_use(product: Product, taken_subnet: str) -> None:
    refused(product, "this host already routes it", f"--subnet={taken_subnet}")


def test_disk_is_full(product: Product, tmp_path: Path) -> None:
    """The docker client that set-up took says its data is on a file system of 1 MB, and passes everything else on."""
    (tmp_path / "small").mkdir()
    subprocess.check_call(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(tmp_path / "small")])
    try:
        (tmp_path / "state" / "bin").mkdir(parents=True)
        docker = tmp_path / "docker"
        (tmp_path / "state" / "bin" / "docker").symlink_to(docker)
        real = subprocess.check_output(["which", "docker"], text=True).strip()
        docker.write_text(
            f'#!/bin/sh\ncase "$*" in *DockerRootDir*) echo {tmp_path}/small ;; *) exec {real} "$@" ;; esac\n'
        )
        docker.chmod(0o755)
        refused(product, "free some space", SWARMDRILL_STATE_DIR=str(tmp_path / "state"))
    finally:
        subprocess.check_call(["umount", str(tmp_path / "small")])


@pytest.mark.usefixtures("whole_checkout")
def test_lab_of_another_run_is_left_alone(product: Product) -> None:
    """`clean` removes what is not used, and names what is."""
    lab = Lab(LABS / f"held-{os.getpid()}")
    with lab.lock():
        lab.directory.mkdir()
        done = product.swarmdrill("clean", "--labs")
        assert done.returncode == 1
        assert f"left alone: {lab.directory} is in use" in done.stderr
        assert lab.directory.exists()
        lab.directory.rmdir()


@pytest.mark.skipif(PROVIDER != "docker", reason="virtual machines have what containers lack")
def test_what_machines_cannot_do_is_skipped_with_the_reason(product: Product) -> None:
    """No lab is booted, and nothing breaks, in set-up or in tear-down."""
    run = product.drill(str(ROOT / "scenarios" / "backup" / "test_power_loss.py"))
    assert run.wait() == 0, run.text()
    assert "skipped: provider docker has no snapshots" in run.text()
    assert "2 skipped" in run.text()
    assert "broken" not in run.text()
    assert leftovers(run.lab) == {}
