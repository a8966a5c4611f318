"""What only a hypervisor can do with a lab's machines: snapshots of them, and their power."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import UsageProblem
from harness.lab import Lab
from harness.provider.interface import Hypervisor
from harness.provider.registry import PROVIDERS


@dataclass(frozen=True)
class LabHypervisor:
    """The hypervisor of a lab's machines; which snapshots there are of them is stored in the lab's directory."""

    lab: Lab

    @property
    def there(self) -> bool:
        """Whether the lab's provider has one."""
        return PROVIDERS[self.lab.plan().provider].HYPERVISOR is not None

    def has(self, name: str) -> bool:
        """Whether there is a snapshot of that name."""
        return name in self._snapshots()

    def save(self, name: str, machines: Sequence[str]) -> None:
        """Keep `machines` under `name`, in the place of what was kept of them under it. Raises LabBroken."""
        there = self._snapshots()
        if again := [machine for machine in there.get(name, []) if machine in machines]:
            self._asked().forget(self.lab.id, name, again)
        self._asked().save(self.lab.id, name, machines)
        self._file.write_text(json.dumps({**there, name: sorted({*there.get(name, []), *machines})}))

    def restore(self, name: str, machines: Sequence[str]) -> None:
        """Put `machines` back to `name`, all before the first of them runs on. Raises LabBroken."""
        self._asked().restore(self.lab.id, name, machines)

    def forget_all_but(self, kept: str) -> None:
        """Remove every snapshot but `kept`. Raises LabBroken."""
        there = self._snapshots()
        for name in [name for name in there if name != kept]:
            self._asked().forget(self.lab.id, name, there.pop(name))
            self._file.write_text(json.dumps(there))

    def cut_power(self, machines: Sequence[str]) -> None:
        """End `machines` at once, as a power loss does. Raises LabBroken."""
        self._asked().cut_power(self.lab.id, machines)

    def power_on(self, machines: Sequence[str]) -> None:
        """Start `machines`; returns before they have booted. Raises LabBroken."""
        self._asked().power_on(self.lab.id, machines)

    @property
    def _file(self) -> Path:
        return self.lab.directory / "snapshots.json"

    def _snapshots(self) -> dict[str, list[str]]:
        names: dict[str, list[str]] = json.loads(self._file.read_text()) if self._file.exists() else {}
        return names

    def _asked(self) -> Hypervisor:
        provider = self.lab.plan().provider
        hypervisor = PROVIDERS[provider].HYPERVISOR
        if hypervisor is None:
            raise UsageProblem(f"provider {provider} has no hypervisor; use --provider=libvirt")
        return hypervisor
