"""What a container may do here is tried once, and again after the host or its engine was started anew."""

from itertools import pairwise
from pathlib import Path

import pytest

from pretended.hosts import host
from pretended.programs import Shim, only_shims
from swarmdrill.base import places
from swarmdrill.machines import capabilities
from swarmdrill.machines.containers import abilities
from swarmdrill.machines.containers.abilities import Abilities
from swarmdrill.machines.containers.provider import Containers


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path / "state"))
    boot = tmp_path / "boot_id"
    boot.write_text("this-boot\n")
    monkeypatch.setattr(abilities, "BOOT_ID", boot)
    return only_shims(tmp_path / "bin", monkeypatch)


def engine(shim: Shim, *, privileged: bool, own_disk: bool, name: str = "one") -> Path:
    """A docker client whose engine lets containers do that; every `run` is written down."""
    calls = places.state().with_name("calls")
    calls.touch()
    shim(
        "docker",
        f"""case "$*" in
        *" info "*) echo {name} ;;
        *" true") echo "$*" >> {calls}; exit {int(not privileged)} ;;
        *) echo "$*" >> {calls}; exit {int(not own_disk)} ;;
        esac""",
    )
    return calls


@pytest.mark.parametrize("privileged", [True, False])
@pytest.mark.parametrize("own_disk", [True, False])
def test_it_is_what_the_engine_lets_a_container_do(shim: Shim, privileged: bool, own_disk: bool) -> None:
    calls = engine(shim, privileged=privileged, own_disk=own_disk)
    assert abilities.ask("image", host()) == Abilities(privileged, own_disk)
    first, second = calls.read_text().splitlines()
    assert "--privileged image true" in first
    assert ("--privileged" in second) is privileged, "the disk is tried as a node will have it"
    assert "image node-disk /var/lib/swarmdrill" in second


def test_it_is_tried_once(shim: Shim) -> None:
    calls = engine(shim, privileged=False, own_disk=True)
    assert abilities.ask("image", host()) == abilities.ask("image", host()) == abilities.remembered(host())
    assert len(calls.read_text().splitlines()) == 2


def test_another_engine_is_tried_anew(shim: Shim) -> None:
    engine(shim, privileged=True, own_disk=True)
    abilities.ask("image", host())
    engine(shim, privileged=False, own_disk=False, name="another")
    assert abilities.ask("image", host()) == Abilities(privileged=False, own_disk=False)


def test_another_boot_is_tried_anew(shim: Shim) -> None:
    calls = engine(shim, privileged=True, own_disk=True)
    abilities.ask("image", host())
    abilities.BOOT_ID.write_text("the next boot\n")
    assert abilities.remembered(host()) is None
    abilities.ask("image", host())
    assert len(calls.read_text().splitlines()) == 4


def test_no_container_may_set_the_hosts_clock() -> None:
    """With --privileged the engine drops nothing; what starts the node does then (nodes/container: node-init)."""
    words = Abilities(privileged=False, own_disk=True).run_arguments()
    assert ("--cap-drop", "SYS_TIME") in pairwise(words)


@pytest.mark.parametrize(("own_disk", "lacking"), [(True, ""), (False, "would fill the host's disk")])
def test_a_scenario_that_fills_a_disk_needs_one_of_its_own(shim: Shim, own_disk: bool, lacking: str) -> None:
    engine(shim, privileged=False, own_disk=own_disk)
    abilities.ask("image", host())
    assert lacking in capabilities.lacking(Containers(host()), (capabilities.OWN_DISK,))
    assert bool(lacking) is bool(capabilities.lacking(Containers(host()), (capabilities.OWN_DISK,)))
