"""What machines can be able to do, and why not: what `swarmdrill doctor` shows and scenarios ask for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol, get_args

# What a scenario can need of the machines, as it is named in its marker.
Need = Literal["snapshots", "service VIPs and ingress", "own kernel and clock", "disk of its own", "change of engine"]
NEEDS: tuple[Need, ...] = get_args(Need)
SNAPSHOTS: Final = "snapshots"
SERVICE_VIPS: Final = "service VIPs and ingress"
OWN_CLOCK: Final = "own kernel and clock"
ENGINE_CHANGE: Final = "change of engine"
OWN_DISK: Final = "disk of its own"
# What a provider says of a need that it does not know.
UNKNOWN = "this provider knows nothing of it"


@dataclass(frozen=True)
class ProviderReport:
    """What one provider can do on this machine.

    `capabilities` maps what it could do ("snapshots", "service VIPs") to whether it can, and why or why not;
    `reason` says why it is not usable, and may be empty when it is.
    """

    name: str
    usable: bool
    capabilities: Mapping[str, tuple[bool, str]] = field(default_factory=dict)
    reason: str = ""


class Able(Protocol):
    """What knows what its machines can do: a provider."""

    def can(self, need: str) -> tuple[bool, str]:
        """Whether they can, and why or why not."""


def abilities(provider: Able) -> dict[str, tuple[bool, str]]:
    """All that a scenario can need, by name."""
    return {need: provider.can(need) for need in NEEDS}


def lacking(provider: Able, needs: Sequence[str]) -> str:
    """What of `needs` the machines of the provider do not have here and why; empty when nothing is lacking."""
    found = {need: provider.can(need) for need in needs}
    return "; ".join(f"{need}: {why}" for need, (able, why) in found.items() if not able)


def of_virtual_machines(need: str) -> tuple[bool, str]:
    """What virtual machines have, whoever runs them."""
    return {
        SERVICE_VIPS: (True, "the machines' own kernel has IPVS"),
        SNAPSHOTS: (True, "of disk and memory, of all machines at one point in time"),
        OWN_CLOCK: (True, "each machine has its own"),
        OWN_DISK: (True, "each machine has its own"),
        ENGINE_CHANGE: (False, "it is on the same disk as what has to stay"),
    }.get(need, (False, UNKNOWN))
