"""Machines as virtual machines of VirtualBox: what they need, what they can do, what they leave.

It was written where VirtualBox cannot run: docs/virtualbox.md says what was verified and how.
"""

import re
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from swarmdrill.base import places, trace
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import Message, said
from swarmdrill.base.programs import ClientFailed
from swarmdrill.host import resources, virtualbox as setup
from swarmdrill.host.host import Host
from swarmdrill.machines import subnets
from swarmdrill.machines.build import box
from swarmdrill.machines.build.releases import EngineRelease
from swarmdrill.machines.capabilities import ProviderReport, abilities, of_virtual_machines
from swarmdrill.machines.names import PREFIX
from swarmdrill.machines.provider import Label
from swarmdrill.machines.virtualbox import disk
from swarmdrill.machines.virtualbox.machines import Machines
from swarmdrill.machines.virtualbox.vboxmanage import LONG_SECONDS, VBoxManage

# A lab's id ends with eight digits of its directory; then comes the node's name.
OURS = re.compile(rf"{PREFIX}(?P<lab>.+-[0-9a-f]{{8}})-(?P<node>(?:manager|worker)\d+)")
# How Vagrant calls a machine while it imports it, with the time in ms (version_5_0.rb, import).
IMPORTED = re.compile(r"swarmdrill-node_(?P<milliseconds>\d{13})_\d+")
IMPORT_SECONDS = 900
DIRECTORY_KEY = "swarmdrill/directory"
VAGRANT_HOME = "vagrant-home-virtualbox"
# Of every machine's own NAT: VirtualBox's default, 10.0.2.0/24, is among those that Swarm gives to overlays.
NAT_NETWORK = "192.168.222.0/24"
# The disk as imported, what is written, and the memory in two snapshots.
BYTES_PER_MACHINE = 4_000_000_000


class VirtualBox:
    """Virtual machines of the host's VirtualBox. What is kept with them says to which lab they belong."""

    name: ClassVar = "virtualbox"
    definition: ClassVar = Path(__file__).with_name("machines.rb")

    def __init__(self, host: Host) -> None:
        self.host = host
        self._client = VBoxManage(host)

    @property
    def service(self) -> str:
        """The only one that this user has."""
        return "VirtualBox"

    @property
    def hypervisor(self) -> Machines:
        """VirtualBox's snapshots, and the power of its machines."""
        return Machines(self._client)

    def can(self, need: str) -> tuple[bool, str]:
        """What virtual machines have."""
        return of_virtual_machines(need)

    def report(self) -> ProviderReport:
        """Usable where VirtualBox can run machines."""
        found = setup.examine()
        unverified = "not verified by its makers, see docs/virtualbox.md"
        return ProviderReport(
            self.name,
            usable=found.ok,
            reason=f"{f'VirtualBox {found.version}' if found.ok else found.problem}; {unverified}",
            capabilities=abilities(self) if found.ok else {},
        )

    def versions(self) -> dict[str, str]:
        """VirtualBox's."""
        return {"virtualbox": setup.examine().version}

    def vagrant_home(self) -> Path:
        """Vagrant's data directory that all labs of this provider share, since it has their box."""
        return places.state() / VAGRANT_HOME

    def answers(self) -> bool:
        """Whether there is a VirtualBox client that works."""
        return bool(self._client.version())

    def require(self) -> None:
        """Raise UsageProblem unless VirtualBox can run machines."""
        found = setup.examine()
        if not found.ok:
            raise UsageProblem(said("VirtualBox will not do: {problem}", problem=found.problem))

    def require_room(self, machines: int) -> None:
        """Raise UsageProblem unless the host has memory and disk for that many machines."""
        resources.require_memory(machines, disk.MEMORY_MB)
        resources.require_disk(Path(self._client.machine_folder() or Path.home()), machines, BYTES_PER_MACHINE)

    def pace(self) -> float:
        """VirtualBox needs a processor that helps it, and is as fast as the host then."""
        return 1.0

    def prepare(self, release: EngineRelease) -> str:
        """The version of the box, built where it is missing and known to Vagrant."""
        built = disk.ensure(release)
        added = self.vagrant_home() / f"{built.version}.sha256"
        if not added.exists() or added.read_text(encoding="ascii") != built.checksum:
            with trace.phase("hand the box to Vagrant"):
                # The same version can have been made anew with another boot loader or description.
                box.add(built.version, self.name, self.vagrant_home(), "--force")
            added.write_text(built.checksum, encoding="ascii")
        return built.version

    def digests(self) -> dict[str, str]:
        """The digests of the boxes that were built here, by engine version."""
        return {version: f"sha256:{built.checksum}" for version, built in disk.built().items()}

    def claim_network(self, lab: str, directory: Path, subnet: str) -> tuple[str, str]:  # noqa: ARG002
        """Name the lab's internal network, which exists while machines are on it, and say its subnet.

        Nobody else is on it, this host included, so other labs can have the same subnet. It must not be one that
        the host routes, since the machines reach those by NAT. Raises UsageProblem when it is.
        """
        chosen = subnets.checked(subnet, self.host) if subnet != "auto" else next(subnets.free(self.host), None)
        if chosen is None:
            raise LabBroken(said("every /24 of {pool} is taken on this host: say --subnet", pool=str(subnets.POOL)))
        if str(chosen) == NAT_NETWORK:
            raise UsageProblem(
                said("--subnet {subnet}: the machines' NAT has it; choose another or auto", subnet=subnet)
            )
        return f"{PREFIX}{lab}", str(chosen)

    def machine_options(self, lab: str, directory: Path, made_from: str) -> dict[str, object]:  # noqa: ARG002
        """Box, memory and NAT of every machine of the lab, and what it keeps of where it belongs."""
        return {
            "box": box.NAME,
            "box_version": made_from,
            "box_url": box.catalogue().as_uri(),
            "vagrant_home": str(self.vagrant_home()),
            "memory": disk.MEMORY_MB,
            "nat_network": NAT_NETWORK,
            "extra_data": {DIRECTORY_KEY: str(directory)},
        }

    def labels(self) -> list[Label]:
        """What every machine says of its lab; one that Vagrant is still making is known by its directory."""
        found = []
        for machine in self._client.machines():
            if ours := OURS.fullmatch(machine):
                with suppress(ClientFailed):  # it was removed meanwhile
                    if directory := self._client.extra_data(machine, DIRECTORY_KEY):
                        found.append(Label(ours["lab"], directory, f"machine {machine}"))
        return found

    def last_words(self, lab: str) -> dict[str, str]:  # noqa: ARG002  (its machines' consoles are not kept)
        """Nothing: what a machine says on its console goes nowhere."""
        return {}

    def remove_lab(self, lab: str, directory: str | None) -> None:
        """Remove the lab's machines, whatever their state, with disks and snapshots. Its network goes with them."""
        for machine in self._client.machines():
            ours = OURS.fullmatch(machine)
            if not ours or ours["lab"] != lab:
                continue
            # One that Vagrant is still making says nothing yet.
            if directory is None or self._client.extra_data(machine, DIRECTORY_KEY) in ("", directory):
                self._remove(machine)

    def _remove(self, machine: str) -> None:
        self.hypervisor.end(machine)
        self._client.unlocked("unregistervm", machine, "--delete", timeout=LONG_SECONDS)

    def remove_built(self) -> list[Message]:
        """Remove every box, what Vagrant knows of them, and machines of imports that were cut off long ago."""
        for machine in self._client.machines():
            cut_off = IMPORTED.fullmatch(machine)
            if cut_off and time.time() - int(cut_off["milliseconds"]) / 1000 > IMPORT_SECONDS:
                self._remove(machine)
        for directory in (self.vagrant_home(), places.boxes()):
            shutil.rmtree(directory, ignore_errors=True)
        return []
