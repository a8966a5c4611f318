"""What a fault has to offer, whoever wrote it: a name, whether it can happen on these machines, and how it is done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from swarmdrill.base.messages import Message, said
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


class Fault(Protocol):
    """Something that breaks. Found by name among the entry points `swarmdrill.faults`.

    Example:
        >>> class ClockStopped:
        ...     name = "clock-stopped"
        ...     def available(self, cluster: Cluster) -> Message | None: ...
        ...     def inject(self, cluster: Cluster, victims: Sequence[Machine]) -> None: ...
    """

    @property
    def name(self) -> str:
        """What it is called, such as `engines-killed`."""

    def available(self, cluster: Cluster) -> Message | None:
        """Why it cannot happen on these machines; None where it can. Changes nothing."""

    def inject(self, cluster: Cluster, victims: Sequence[Machine]) -> None:
        """Let it happen to the victims, and return when it has.

        Raises:
            CommandFailed: a victim does not do what it is told.
            LabBroken: a victim cannot be reached.
        """


class Anywhere:
    """A fault that can happen on any machine."""

    def available(self, cluster: Cluster) -> Message | None:  # noqa: ARG002  (a fault of another kind asks it)
        return None


@dataclass(frozen=True)
class Together:
    """Several faults as one: they happen one after the other, and only where all of them can."""

    faults: tuple[Fault, ...]

    @property
    def name(self) -> str:
        return "+".join(fault.name for fault in self.faults)

    def available(self, cluster: Cluster) -> Message | None:
        reasons = [reason for fault in self.faults if (reason := fault.available(cluster)) is not None]
        return said("{reasons:;}", reasons=reasons) if reasons else None

    def inject(self, cluster: Cluster, victims: Sequence[Machine]) -> None:
        for fault in self.faults:
            fault.inject(cluster, victims)
