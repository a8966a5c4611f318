"""A new cluster by force: what is typed on the manager, and that a refusal is handed back as one."""

import pytest

from pretended.cluster import machine
from pretended.engine import PretendedEngine
from swarmdrill.members.repair import ask_new_cluster


@pytest.mark.parametrize(
    ("options", "typed"),
    [
        ({}, "--advertise-addr 10.213.0.11"),
        ({"address": "10.213.0.111"}, "--advertise-addr 10.213.0.111"),
        ({"port": 2378}, "--listen-addr 0.0.0.0:2378 --advertise-addr 10.213.0.11:2378"),
        ({"data_path_port": 5789}, "--advertise-addr 10.213.0.11 --data-path-port 5789"),
    ],
    ids=["as it was", "another address", "another port", "another data path port"],
)
def test_says_where_the_manager_is_reached(options: dict[str, object], typed: str) -> None:
    engine = PretendedEngine("manager1")
    assert ask_new_cluster(machine("manager1", engine), **options).done
    assert engine.lines == [f"swarm init --force-new-cluster {typed}"]


def test_a_refusal_is_an_answer() -> None:
    engine = PretendedEngine("manager1")
    engine.fails("Error response from daemon: Swarm is encrypted and needs to be unlocked")
    assert ask_new_cluster(machine("manager1", engine)).refused("unlock")
