"""A provider as another package has it; the shortest that there can be. A test lays it where packages are found."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from swarmdrill.base.messages import Message
from swarmdrill.host.host import Host
from swarmdrill.machines.build.releases import EngineRelease
from swarmdrill.machines.capabilities import SNAPSHOTS, ProviderReport, abilities
from swarmdrill.machines.provider import Hypervisor, Label


class Paper:
    """Machines of paper."""

    name: ClassVar[str] = "paper"
    definition: ClassVar[Path] = Path(__file__).with_name("paper.rb")
    service = "a heap of paper"
    hypervisor: Hypervisor | None = None

    def __init__(self, host: Host) -> None:
        self.host = host

    def can(self, need: str) -> tuple[bool, str]:
        return need == SNAPSHOTS, "a copy" if need == SNAPSHOTS else "paper has no clock"

    def report(self) -> ProviderReport:
        return ProviderReport(self.name, usable=True, capabilities=abilities(self), reason="as much as there is")

    def versions(self) -> Mapping[str, str]:
        return {"paper": "A4"}

    def answers(self) -> bool:
        return True

    def require(self) -> None:
        pass

    def require_room(self, machines: int) -> None:
        pass

    def pace(self) -> float:
        return 1.0

    def prepare(self, release: EngineRelease) -> str:
        return f"paper {release.version}"

    def digests(self) -> Mapping[str, str]:
        return {}

    def claim_network(self, lab: str, directory: Path, subnet: str) -> tuple[str, str]:
        return f"string-{lab}", "10.213.7.0/24"

    def machine_options(self, lab: str, directory: Path, made_from: str) -> Mapping[str, Any]:
        return {"sheet": made_from}

    def labels(self) -> Sequence[Label]:
        return []

    def last_words(self, lab: str) -> dict[str, str]:
        """Paper says nothing."""
        return {}

    def remove_lab(self, lab: str, directory: str | None) -> None:
        pass

    def remove_built(self) -> list[Message]:
        return []


class Blank:
    """Nothing of a provider."""

    def __init__(self, host: Host) -> None:
        pass
