"""Whole machines of libvirt: what is kept of them, and their power."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from harness.provider.virsh import LONG_SECONDS, virsh

PREFIX = "swarmdrill-"

T = TypeVar("T")


class Domains:
    """Snapshots are internal ones of QEMU's disks, memory in them; time stops on all machines before the first."""

    def snapshots(self, lab: str, machine: str) -> list[str]:
        return _snapshots(_domain(lab, machine))

    def save(self, lab: str, name: str, machines: Sequence[str]) -> None:
        try:
            _each(lab, machines, lambda domain: virsh("suspend", domain))
            _each(lab, machines, lambda domain: virsh("snapshot-create-as", domain, name, timeout=LONG_SECONDS))
        finally:
            paused = virsh("list", "--state-paused", "--name").split()
            _each(lab, machines, lambda domain: virsh("resume", domain) if domain in paused else "")

    def restore(self, lab: str, name: str, machines: Sequence[str]) -> None:
        _each(lab, machines, lambda domain: virsh("snapshot-revert", domain, name, "--paused", timeout=LONG_SECONDS))
        _each(lab, machines, lambda domain: virsh("resume", domain))

    def forget(self, lab: str, name: str, machines: Sequence[str]) -> None:
        _each(lab, machines, lambda domain: virsh("snapshot-delete", domain, name, timeout=LONG_SECONDS))

    def cut_power(self, lab: str, machines: Sequence[str]) -> None:
        _each(lab, machines, lambda domain: virsh("destroy", domain))

    def power_on(self, lab: str, machines: Sequence[str]) -> None:
        _each(lab, machines, lambda domain: virsh("start", domain))


def _snapshots(domain: str) -> list[str]:
    return virsh("snapshot-list", domain, "--name").split()


def _domain(lab: str, machine: str) -> str:
    return f"{PREFIX}{lab}-{machine}"


def _each(lab: str, machines: Sequence[str], action: Callable[[str], T]) -> list[T]:
    with ThreadPoolExecutor(max(len(machines), 1)) as pool:
        return list(pool.map(action, [_domain(lab, machine) for machine in machines]))
