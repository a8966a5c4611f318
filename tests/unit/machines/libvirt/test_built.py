"""What `clean` takes from libvirt's pool: volumes by names that only this product gives; libvirt is pretended."""

from pathlib import Path

import pytest

from pretended.hosts import host
from swarmdrill.base import places
from swarmdrill.machines.build import box
from swarmdrill.machines.libvirt import provider, volumes
from swarmdrill.machines.libvirt.provider import Libvirt

MADE = (
    "swarmdrill-VAGRANTSLASH-node_vagrant_box_image_26.1.5.119091907_box.img",
    "vmlinuz-26.1.5.119091907",
    "initrd-26.1.5.119091907",
    "half-4711-vmlinuz-26.1.5.119091907",
    "swarmdrill-run-17021-b05703-040f5e14-manager1.img",
    "swarmdrill-default-040f5e14-worker2-vdb.qcow2",
)
FOREIGN = (
    "thesis.qcow2",
    "vmlinuz-26.1.5",
    "my-vmlinuz-26.1.5.119091907",
    "half-a-life.img",
    "swarmdrill-VAGRANTSLASH-node_vagrant_box_image_mine_box.img",
    "swarmdrill-backup.img",
    "debian-VAGRANTSLASH-bookworm64_vagrant_box_image_12.1_box.img",
)


class PretendedVirsh:
    """A pool with volumes; what is called but a list is written down."""

    def __init__(self, names: list[str]) -> None:
        self.names, self.called = names, list[str]()

    def __call__(self, *words: str) -> str:
        if words[0] == "pool-list":
            return provider.POOL
        if words[0] == "vol-list":
            return "\n".join(f" {name}   /pool/{name}" for name in self.names)
        self.called.append(" ".join(words))
        return ""


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path / "state"))


def removed(monkeypatch: pytest.MonkeyPatch, *names: str) -> tuple[list[str], list[str]]:
    libvirt, virsh = Libvirt(host()), PretendedVirsh(list(names))
    monkeypatch.setattr(libvirt, "_virsh", virsh)
    left = libvirt.remove_built()
    return virsh.called, [str(line) for line in left]


def test_the_pool_goes_with_what_this_product_put_there(monkeypatch: pytest.MonkeyPatch) -> None:
    called, left = removed(monkeypatch, *MADE)
    assert called == [
        *(f"vol-delete {name} --pool swarmdrill" for name in MADE),
        *(f"{verb} swarmdrill" for verb in ("pool-destroy", "pool-delete", "pool-undefine")),
    ]
    assert left == []


@pytest.mark.parametrize("foreign", FOREIGN)
def test_a_volume_of_somebody_else_stays_with_the_pool_and_is_named(
    foreign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    called, (line,) = removed(monkeypatch, foreign, *MADE)
    assert called == [f"vol-delete {name} --pool swarmdrill" for name in MADE]
    assert line.startswith(f"left alone: volume {foreign} of libvirt's pool swarmdrill: ")


def test_whatever_is_handed_to_libvirt_has_such_a_name() -> None:
    assert all(volumes.OURS.fullmatch(name) for name in Libvirt(host())._volumes(box.Box("28.5.2.1", Path("/box"))))
