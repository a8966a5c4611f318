"""What a container of a lab is started with."""

import csv
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from pretended.hosts import host
from swarmdrill.host.host import Host
from swarmdrill.machines.containers import provider
from swarmdrill.machines.containers.provider import Containers


@pytest.mark.parametrize("home", ["/root", "/home/me/Übung 1", "/home/me/a,b \"c\" 'd'"])
def test_the_volume_says_where_the_lab_lives_whatever_that_path_holds(home: str) -> None:
    directory = Path(home, ".swarmdrill/labs/default")
    (fields,) = csv.reader([Containers(host())._volume("default-1a2b3c", directory)])
    assert fields == [
        "type=volume",
        "destination=/var/lib/swarmdrill",
        "volume-label=swarmdrill.lab=default-1a2b3c",
        f"volume-label=swarmdrill.directory={directory}",
    ]


@pytest.mark.parametrize(
    ("free", "disk"),
    [(1000, 8.0), (64, 8.0), (40, 5.0), (8, 1.0), (2, 0.6)],
    ids=lambda value: f"{value} GB",
)
def test_a_lab_of_seven_whose_disks_are_full_leaves_some_of_the_hosts(
    free: float, disk: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As much as a virtual machine has where there is room; at least what a machine needs."""
    monkeypatch.setattr(Host, "docker", lambda *_: str(tmp_path))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=int(free * 1e9)))
    assert Containers(host())._disk_bytes() == disk * 1e9


def test_an_engine_on_another_host_is_not_measured_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "docker", lambda *_: str(tmp_path / "not here"))
    assert Containers(host())._disk_bytes() == provider.DISK_BYTES
