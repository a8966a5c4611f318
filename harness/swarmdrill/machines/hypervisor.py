"""What only a hypervisor can do with a lab's machines: snapshots of them, and their power."""

from collections.abc import Sequence
from dataclasses import dataclass

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.machines import registry
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.provider import Hypervisor


@dataclass(frozen=True)
class LabHypervisor:
    """The hypervisor of a lab's machines. Which snapshots there are of them is for it to say: a file could be stale."""

    lab: Lab

    @property
    def there(self) -> bool:
        """Whether the lab's provider has one."""
        return registry.of_lab(self.lab).hypervisor is not None

    def has(self, name: str, machines: Sequence[str]) -> bool:
        """Whether there is a snapshot of that name of each of `machines`; of none where there is no hypervisor."""
        return self.there and all(name in kept for kept in self._kept(machines).values())

    def save(self, name: str, machines: Sequence[str]) -> None:
        """Keep `machines` under `name`, in the place of what was kept of them under it. Raises LabBroken."""
        again = [machine for machine, kept in self._kept(machines).items() if name in kept]
        self._asked().forget(self.lab.id, name, again)
        self._asked().save(self.lab.id, name, machines)

    def restore(self, name: str, machines: Sequence[str]) -> None:
        """Put `machines` back to `name`, all before the first of them runs on. Raises LabBroken."""
        self._asked().restore(self.lab.id, name, machines)

    def forget_all_but(self, name: str, machines: Sequence[str]) -> None:
        """Remove every snapshot of `machines` but those called `name`. Raises LabBroken."""
        there = self._kept(machines)
        for other in {kept for names in there.values() for kept in names} - {name}:
            self._asked().forget(self.lab.id, other, [machine for machine in machines if other in there[machine]])

    def cut_power(self, machines: Sequence[str]) -> None:
        """End `machines` at once, as a power loss does. Raises LabBroken."""
        self._asked().cut_power(self.lab.id, machines)

    def power_on(self, machines: Sequence[str]) -> None:
        """Start `machines`; returns before they have booted. Raises LabBroken."""
        self._asked().power_on(self.lab.id, machines)

    def _kept(self, machines: Sequence[str]) -> dict[str, list[str]]:
        return {machine: self._asked().snapshots(self.lab.id, machine) for machine in machines}

    def _asked(self) -> Hypervisor:
        provider = registry.of_lab(self.lab)
        if provider.hypervisor is None:
            raise UsageProblem(
                said("provider {provider} has no hypervisor; use --provider=libvirt", provider=provider.name)
            )
        return provider.hypervisor
