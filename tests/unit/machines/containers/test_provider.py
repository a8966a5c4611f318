"""What a container of a lab is started with."""

import csv
from pathlib import Path

import pytest

from pretended.hosts import host
from swarmdrill.machines.containers.provider import Containers


@pytest.mark.parametrize("home", ["/root", "/home/me/Übung 1", "/home/me/a,b \"c\" 'd'"])
def test_the_volume_says_where_the_lab_lives_whatever_that_path_holds(home: str) -> None:
    directory = Path(home, ".swarmdrill/labs/default")
    (fields,) = csv.reader([Containers(host())._volume("default-1a2b3c", directory)])
    assert fields == [
        "type=volume",
        "destination=/var/lib/docker",
        "volume-label=swarmdrill.lab=default-1a2b3c",
        f"volume-label=swarmdrill.directory={directory}",
    ]
