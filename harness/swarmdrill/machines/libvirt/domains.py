"""Whole machines of libvirt: what is kept of them, and their power."""

from collections.abc import Sequence
from dataclasses import dataclass

from swarmdrill.machines.libvirt.virsh import LONG_SECONDS, Virsh
from swarmdrill.machines.names import for_each, full_name


@dataclass(frozen=True)
class Domains:
    """Snapshots are internal ones of QEMU's disks, memory in them; time stops on all machines before the first."""

    virsh: Virsh

    def snapshots(self, lab: str, machine: str) -> list[str]:
        return self.virsh("snapshot-list", full_name(lab, machine), "--name").split()

    def save(self, lab: str, name: str, machines: Sequence[str]) -> None:
        try:
            for_each(lab, machines, lambda domain: self.virsh("suspend", domain))
            for_each(lab, machines, lambda domain: self._long("snapshot-create-as", domain, name))
        finally:
            paused = self.virsh("list", "--state-paused", "--name").split()
            for_each(lab, machines, lambda domain: self.virsh("resume", domain) if domain in paused else "")

    def restore(self, lab: str, name: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda domain: self._long("snapshot-revert", domain, name, "--paused"))
        for_each(lab, machines, lambda domain: self.virsh("resume", domain))

    def forget(self, lab: str, name: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda domain: self._long("snapshot-delete", domain, name))

    def cut_power(self, lab: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda domain: self.virsh("destroy", domain))

    def power_on(self, lab: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda domain: self.virsh("start", domain))

    def _long(self, *arguments: str) -> str:
        return self.virsh(*arguments, timeout=LONG_SECONDS)
