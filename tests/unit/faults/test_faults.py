"""Faults by name, alone and together: what they tell machines, and where they cannot happen."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pretended.distribution import install
from swarmdrill.base import plugins
from swarmdrill.base.errors import UsageProblem
from swarmdrill.faults import loading
from swarmdrill.faults.disks import DiskFull
from swarmdrill.faults.interface import Anywhere, Together
from swarmdrill.faults.power import PowerCut


@dataclass
class Typed:
    """A machine that writes down what it was told."""

    name: str
    commands: list[str] = field(default_factory=list)

    def run(self, command: str, **_: Any) -> None:
        self.commands.append(command)


class Unplugged(Anywhere):
    """A fault of this test."""

    name = "unplugged"

    def inject(self, cluster: Any, victims: Any) -> None:
        cluster.on_each(lambda machine: machine.run("unplug"), victims)


def cluster_of(provider: str) -> Any:
    return SimpleNamespace(
        lab=SimpleNamespace(plan=lambda: SimpleNamespace(provider=provider, docker_host="")),
        on_each=lambda action, machines: [action(machine) for machine in machines],
    )


def test_swarmdrills_own_are_found_and_bear_their_names() -> None:
    assert len(loading.names()) >= 6
    assert [loading.named(name).name for name in loading.names()] == loading.names()


@pytest.mark.parametrize(("provider", "can"), [("docker", False), ("libvirt", True)])
def test_only_a_hypervisor_can_cut_the_power(provider: str, can: bool) -> None:
    reason = PowerCut().available(cluster_of(provider))
    assert (reason is None) == can
    assert can or "has no power to cut; use --provider=libvirt" in str(reason)


def test_together_they_happen_in_turn_to_every_victim() -> None:
    machines: Any = [Typed("manager1"), Typed("manager2")]
    both = Together((DiskFull(leaving=7), Unplugged()))
    assert both.name == "disk-full+unplugged"
    assert both.available(cluster_of("docker")) is None
    both.inject(cluster_of("docker"), machines)
    for machine in machines:
        first, second = machine.commands
        assert "- 7)" in first
        assert second == "unplug"


def test_together_they_can_only_where_each_can() -> None:
    assert "no power to cut" in str(Together((DiskFull(), PowerCut())).available(cluster_of("docker")))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("flood", "swarmdrill.faults: there is no flood; there are disk-full, engines-killed, "),
        ("theirs", "theirs is no fault: it needs name, available(cluster) and inject(cluster, victims)"),
    ],
)
def test_what_is_none_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, said: str) -> None:
    code = "class Half:\n    name = 'half'\n"
    install(tmp_path / "site", monkeypatch, group=plugins.FAULTS, points="theirs = theirs:Half", code=code)
    with pytest.raises(UsageProblem) as refused:
        loading.named(name)
    assert said in str(refused.value)
