"""A machine's docker service: how long the harness waits for it to stop."""

from typing import Any, cast

import pytest

from pretended.engine import PretendedEngine
from swarmdrill.base.waiting import Clock
from swarmdrill.machines import docker_unit
from swarmdrill.machines.plan import Node
from swarmdrill.machines.ssh import CommandTimeout, Completed, Remote
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.shell import CommandFailed, Shell


class SlowRemote:
    """A machine whose engine takes `seconds` to stop, by the clock of whoever waits for it."""

    ssh_config = "ssh-config"

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def run(self, command: str, *, timeout: float, stdin: str = "") -> Completed:
        """What systemd says, status 0 also where it gave up, and then pgrep."""
        waited = min(self._seconds, docker_unit.stop_seconds())
        if waited > timeout:
            raise CommandTimeout(f"manager1: no end after {timeout:.0f} s: {command}")
        runs_on = self._seconds > docker_unit.stop_seconds() and "pgrep -x dockerd" in command
        return Completed(int(runs_on), "395\n" if runs_on else "", "", waited)


def machine(seconds: float, scale: float = 1) -> Machine:
    shell = Shell("manager1", cast(Remote, SlowRemote(seconds)), Clock(scale))
    return Machine(Node("manager1", "manager", "10.213.0.11"), shell, cast(Any, PretendedEngine("manager1")))


def test_the_unit_says_how_long_a_stop_may_take() -> None:
    """90 s, as is systemd's own default, and once more: a manager whose leader is gone takes 11 s (26.1.5)."""
    assert docker_unit.stop_seconds() == 180


@pytest.mark.parametrize("seconds", [0.9, 59, 61, 179])
def test_an_engine_that_stops_in_its_units_time_has_stopped(seconds: float) -> None:
    machine(seconds).stop_docker()


def test_an_engine_that_does_not_stop_is_an_answer_and_no_silence() -> None:
    with pytest.raises(CommandFailed, match=r"manager1: the engine is not stopped \(exit status 1 (.|\n)*395"):
        machine(600).stop_docker()


def test_a_unit_that_waits_longer_makes_the_harness_wait_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_unit, "stop_seconds", lambda: 300)
    machine(299).stop_docker()
