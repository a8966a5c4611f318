"""Whole machines of libvirt: what is kept of them, and their power."""

from collections.abc import Sequence

from swarmdrill.machines.libvirt.virsh import LONG_SECONDS, virsh
from swarmdrill.machines.names import for_each, full_name


class Domains:
    """Snapshots are internal ones of QEMU's disks, memory in them; time stops on all machines before the first."""

    def snapshots(self, lab: str, machine: str) -> list[str]:
        return _snapshots(full_name(lab, machine))

    def save(self, lab: str, name: str, machines: Sequence[str]) -> None:
        try:
            for_each(lab, machines, lambda domain: virsh("suspend", domain))
            for_each(lab, machines, lambda domain: virsh("snapshot-create-as", domain, name, timeout=LONG_SECONDS))
        finally:
            paused = virsh("list", "--state-paused", "--name").split()
            for_each(lab, machines, lambda domain: virsh("resume", domain) if domain in paused else "")

    def restore(self, lab: str, name: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda domain: virsh("snapshot-revert", domain, name, "--paused", timeout=LONG_SECONDS))
        for_each(lab, machines, lambda domain: virsh("resume", domain))

    def forget(self, lab: str, name: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda domain: virsh("snapshot-delete", domain, name, timeout=LONG_SECONDS))

    def cut_power(self, lab: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda domain: virsh("destroy", domain))

    def power_on(self, lab: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda domain: virsh("start", domain))


def _snapshots(domain: str) -> list[str]:
    return virsh("snapshot-list", domain, "--name").split()
