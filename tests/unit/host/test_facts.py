"""What is kept beside results of this host: commit, versions, the docker client that is run."""

import importlib.metadata
import platform
from pathlib import Path

import pytest

from pretended.hosts import host
from pretended.programs import Shim, only_shims
from swarmdrill.host import facts
from swarmdrill.host.client import Client
from swarmdrill.machines.libvirt.provider import Libvirt

COMMIT = "0123456789abcdef0123456789abcdef01234567"
GIT = (
    """case "$*" in
*ls-files*) {tracked} ;;
*rev-parse*) echo """
    + COMMIT
    + """ ;;
*status*) {status} ;;
*) exit 9 ;;
esac"""
)


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    return only_shims(tmp_path / "bin", monkeypatch)


@pytest.mark.parametrize(
    ("status", "clean"),
    [("echo '## main'", True), ("echo '## main'; echo ' M a.py'", False), ("exit 128", None)],
)
def test_commit_and_whether_anything_differs(shim: Shim, tmp_path: Path, status: str, clean: bool | None) -> None:
    shim("git", GIT.format(tracked="echo __init__.py", status=status))
    assert facts.source(tmp_path) == {"commit": COMMIT, "clean": clean}


def test_another_project_s_commit_is_not_taken_for_ours(shim: Shim, tmp_path: Path) -> None:
    """A wheel is installed into an environment that may lie in the checkout of a user, whose git ignores it."""
    shim("git", GIT.format(tracked="exit 1", status="echo '## main'"))
    assert facts.source(tmp_path) == {"commit": "", "clean": None}


def test_without_git_nothing_is_known(shim: Shim, tmp_path: Path) -> None:
    assert facts.source(tmp_path) == {"commit": "", "clean": None}


def test_versions_are_those_of_what_a_run_needs(shim: Shim) -> None:
    shim("vagrant", "echo Vagrant 2.3.4")
    shim("qemu-system-x86_64", "echo QEMU emulator version 10.0.2")
    found = facts.versions()
    assert (found["python"], found["vagrant"]) == (platform.python_version(), "2.3.4")
    for package in ("pytest", "python-on-whales", "pytest-xdist", "pydantic"):
        assert found[package] == importlib.metadata.version(package)
    assert not {"ruff", "mypy", "qemu", "libvirt"} & found.keys()
    machines = Libvirt(host()).versions()
    assert (machines["qemu"], machines["libvirt"]) == ("10.0.2", "")


def test_a_program_that_is_not_there_has_no_version(shim: Shim) -> None:
    assert facts.versions()["vagrant"] == ""
    assert facts.docker_client(host()) == Client("docker", "")
