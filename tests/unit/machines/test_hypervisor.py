"""What is asked of a hypervisor about snapshots: it says itself which there are."""

from collections.abc import Sequence
from pathlib import Path
from typing import cast

import pytest

from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import said
from swarmdrill.machines.hypervisor import LabHypervisor
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.libvirt.domains import Domains
from swarmdrill.machines.libvirt.provider import Libvirt
from swarmdrill.machines.libvirt.virsh import Virsh
from swarmdrill.machines.plan import Plan

MACHINES = ("manager1", "manager2")


class Pretended:
    """Keeps snapshots as names."""

    def __init__(self) -> None:
        self.kept: dict[str, list[str]] = {machine: [] for machine in MACHINES}

    def snapshots(self, lab: str, machine: str) -> list[str]:
        return list(self.kept[machine])

    def save(self, lab: str, name: str, machines: Sequence[str]) -> None:
        for machine in machines:
            assert name not in self.kept[machine], "libvirt refuses a name that there is"
            self.kept[machine].append(name)

    def forget(self, lab: str, name: str, machines: Sequence[str]) -> None:
        for machine in machines:
            self.kept[machine].remove(name)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    pretended = Pretended()
    monkeypatch.setattr(Libvirt, "hypervisor", pretended)
    return pretended.kept


@pytest.fixture
def hypervisor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> LabHypervisor:
    plan = Plan("x", Libvirt.name, "x", "x", "x", registry=False, pace=1.0, machine={}, nodes=())
    monkeypatch.setattr(Lab, "plan", lambda _: plan)
    return LabHypervisor(Lab(tmp_path / "run-1"))


def test_a_snapshot_is_there_when_every_machine_has_it(hypervisor: LabHypervisor, kept: dict[str, list[str]]) -> None:
    hypervisor.save("golden", MACHINES)
    assert hypervisor.has("golden", MACHINES)
    kept["manager2"].clear()  # the machine was made anew
    assert not hypervisor.has("golden", MACHINES)


def test_saving_again_replaces_what_is_there(hypervisor: LabHypervisor, kept: dict[str, list[str]]) -> None:
    hypervisor.save("golden", MACHINES[:1])
    hypervisor.save("golden", MACHINES)
    assert kept == {"manager1": ["golden"], "manager2": ["golden"]}


def test_all_others_are_forgotten(hypervisor: LabHypervisor, kept: dict[str, list[str]]) -> None:
    kept |= {"manager1": ["golden", "before"], "manager2": ["golden", "later"]}
    hypervisor.forget_all_but("golden", MACHINES)
    assert kept == {"manager1": ["golden"], "manager2": ["golden"]}


def test_machines_run_on_when_one_of_them_cannot_be_kept() -> None:
    """The second is not even suspended: only what stands still is told to go on."""
    paused: set[str] = set()

    def virsh(verb: str, *arguments: str, timeout: float = 0) -> str:
        del timeout
        domain = arguments[0]
        if verb == "suspend":
            if domain.endswith("manager2"):
                raise LabBroken(said("no"))
            paused.add(domain)
        elif verb == "list":
            return "\n".join(paused)
        elif verb == "resume":
            paused.remove(domain)
        return ""

    with pytest.raises(LabBroken, match="no"):
        Domains(cast(Virsh, virsh)).save("lab", "golden", MACHINES)
    assert paused == set()
