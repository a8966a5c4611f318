"""Whole machines of VirtualBox: what is kept of them, and their power."""

from collections.abc import Sequence
from dataclasses import dataclass

from swarmdrill.base.programs import ClientFailed
from swarmdrill.machines.names import for_each, full_name
from swarmdrill.machines.virtualbox.vboxmanage import LONG_SECONDS, VBoxManage

# The states, as VirtualBox names them, of a machine that does not run.
ENDED = ("poweroff", "aborted", "saved", "aborted-saved")


@dataclass(frozen=True)
class Machines:
    """Snapshots are VirtualBox's own, of disk and memory; time stops on all machines before the first is taken."""

    client: VBoxManage

    def snapshots(self, lab: str, machine: str) -> list[str]:
        return self.client.snapshots(full_name(lab, machine))

    def save(self, lab: str, name: str, machines: Sequence[str]) -> None:
        try:
            for_each(lab, machines, lambda machine: self.client("controlvm", machine, "pause"))
            # Not --live: the machine is paused, and stays so.
            for_each(lab, machines, lambda machine: self._long("snapshot", machine, "take", name))
        finally:
            for_each(lab, machines, self._resume)

    def restore(self, lab: str, name: str, machines: Sequence[str]) -> None:
        # Only a machine that is off can be put back; it is a saved one then, which goes on where it was when started.
        for_each(lab, machines, self.end)
        for_each(lab, machines, lambda machine: self._unlocked("snapshot", machine, "restore", name))
        for_each(lab, machines, self._start)

    def forget(self, lab: str, name: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda machine: self._long("snapshot", machine, "delete", name))

    def cut_power(self, lab: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda machine: self.client("controlvm", machine, "poweroff"))

    def power_on(self, lab: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, self._start)

    def end(self, machine: str) -> None:
        """Power the machine off unless it is."""
        if self.client.state(machine) not in ENDED:
            try:
                self.client("controlvm", machine, "poweroff")
            except ClientFailed:
                if self.client.state(machine) not in ENDED:
                    raise

    def _resume(self, machine: str) -> None:
        if self.client.state(machine) == "paused":
            self.client("controlvm", machine, "resume")

    def _start(self, machine: str) -> None:
        self._unlocked("startvm", machine, "--type", "headless")

    def _long(self, *arguments: str) -> str:
        return self.client(*arguments, timeout=LONG_SECONDS)

    def _unlocked(self, *arguments: str) -> str:
        return self.client.unlocked(*arguments, timeout=LONG_SECONDS)
