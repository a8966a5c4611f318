"""What the harness asks of a provider of machines beyond `vagrant up`: an object of the host that they are on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from swarmdrill.base.messages import Message
from swarmdrill.host.host import Host
from swarmdrill.machines.build.releases import EngineRelease
from swarmdrill.machines.capabilities import ProviderReport


@dataclass(frozen=True)
class Label:
    """What a container, a network, a volume or a machine says of its lab: id and directory. `what` is the thing."""

    lab: str
    directory: str
    what: str


class Hypervisor(Protocol):
    """What can be done with whole machines from outside. A snapshot is one of disk and memory."""

    def snapshots(self, lab: str, machine: str) -> list[str]:
        """The names of what is kept of the machine. Raises LabBroken."""

    def save(self, lab: str, name: str, machines: Sequence[str]) -> None:
        """Stop time on `machines`, keep all of each under `name`, and let them run on. Raises LabBroken."""

    def restore(self, lab: str, name: str, machines: Sequence[str]) -> None:
        """Put `machines` back to what `name` holds, all before the first of them runs on. Raises LabBroken."""

    def forget(self, lab: str, name: str, machines: Sequence[str]) -> None:
        """Remove what `name` holds of `machines`. Raises LabBroken."""

    def cut_power(self, lab: str, machines: Sequence[str]) -> None:
        """End `machines` at once, without telling them. Raises LabBroken."""

    def power_on(self, lab: str, machines: Sequence[str]) -> None:
        """Start `machines`; returns before they have booted. Raises LabBroken."""


class Provider(Protocol):
    """A way to have machines on a host. A lab is known to it by its id, and carries its directory as a label."""

    # What `--provider` calls it.
    name: ClassVar[str]
    # The Ruby file that says how Vagrant makes a machine of a plan: `SwarmdrillMachines.define` and `.went_away`.
    definition: ClassVar[Path]
    host: Host

    def __init__(self, host: Host) -> None:
        """Look at nothing, so that whoever only asks for the name has it at once."""

    @property
    def service(self) -> str:
        """What it asks for machines, such as the address of an engine: the same for two hosts that share it."""

    @property
    def hypervisor(self) -> Hypervisor | None:
        """None where machines are not virtual ones."""

    def can(self, need: str) -> tuple[bool, str]:
        """Whether machines have what a scenario needs (`capabilities.NEEDS`), and why or why not.

        What it does not know, they do not have. Starts nothing.
        """

    def report(self) -> ProviderReport:
        """What it is here, for `swarmdrill doctor`. Starts nothing."""

    def versions(self) -> Mapping[str, str]:
        """The versions of what decides how its machines run, by name; "" for what is not there."""

    def answers(self) -> bool:
        """Whether its service runs on the host, so that it can be asked for labs; starts nothing."""

    def require(self) -> None:
        """Raise UsageProblem, saying what to do, unless machines can be had."""

    def require_room(self, machines: int) -> None:
        """Raise UsageProblem unless the host has disk and memory for that many machines."""

    def pace(self) -> float:
        """How many times longer things take on these machines than on an ordinary one; scales every time-out."""

    def prepare(self, release: EngineRelease) -> str:
        """Build what machines with that engine are made from where it is missing; return its name.

        Raises UsageProblem when a tool is missing, LabBroken when the build fails.
        """

    def digests(self) -> Mapping[str, str]:
        """Of what `prepare` built and is there, by engine version: `sha256:` and 64 hex digits. Raises LabBroken."""

    def claim_network(self, lab: str, directory: Path, subnet: str) -> tuple[str, str]:
        """Create the lab's network, and return its name and subnet, a /24; `subnet` is one or "auto".

        Raises UsageProblem when the subnet asked for is taken, LabBroken when none is free.
        """

    def machine_options(self, lab: str, directory: Path, made_from: str) -> Mapping[str, Any]:
        """What the Vagrantfile needs to know to make a machine of the lab, as JSON can hold it."""

    def labels(self) -> Sequence[Label]:
        """What everything on the host says of the lab it belongs to. That is no proof of anything (`ownership`)."""

    def last_words(self, lab: str) -> Mapping[str, str]:
        """Of each machine of the lab that ended by itself, the end of what it said, by name. Raises LabBroken."""

    def remove_lab(self, lab: str, directory: str | None) -> None:
        """Remove everything that belongs to the lab, whatever state it is in. Raises LabBroken.

        What says that its lab lives in another directory than `directory` stays; with None, that does not count.
        """

    def remove_built(self) -> Sequence[Message]:
        """Remove everything that `prepare` ever built on the host; say of what looks like it why it is left alone.

        It is proven by a name that only this product gives. What is in use stays.
        """
