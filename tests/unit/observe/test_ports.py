"""At which ports a machine takes part in a swarm: `ss` and `docker info`, as they print it."""

import pytest

from pretended.cluster import machine
from pretended.engine import PretendedEngine
from swarmdrill.machines.ssh import Completed
from swarmdrill.observe import ports
from swarmdrill.swarm.replies import EngineRefused

HEARD = """LISTEN 0      4096       10.213.0.11:2377      0.0.0.0:*
LISTEN 0      128            0.0.0.0:22        0.0.0.0:*
LISTEN 0      4096                 *:7946            *:*
LISTEN 0      128               [::]:22           [::]:*
"""


def test_every_port_is_read_once() -> None:
    assert ports.listening(machine("manager1", run=lambda _: Completed(0, HEARD, "", 0.0))) == {2377, 22, 7946}


def test_none_is_none() -> None:
    assert ports.listening(machine("manager1")) == frozenset()


def test_the_data_path_port_is_the_engines_word() -> None:
    engine = PretendedEngine("manager1")
    engine.knows("info --format", "4789\n")
    assert ports.data_path_port(machine("manager1", engine)) == ports.DATA_PATH_PORT


def test_an_engine_that_does_not_tell_has_none() -> None:
    engine = PretendedEngine("manager1")
    engine.fails("Error response from daemon: no")
    with pytest.raises(EngineRefused):
        ports.data_path_port(machine("manager1", engine))
