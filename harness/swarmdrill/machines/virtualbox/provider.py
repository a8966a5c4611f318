"""Machines as virtual machines of VirtualBox: what they need, what they can do, what they leave.

It was written where VirtualBox cannot run: docs/virtualbox.md says what was verified and how.
"""

import re
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from swarmdrill.base import places, trace
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.programs import ClientFailed
from swarmdrill.host import resources, virtualbox as setup
from swarmdrill.machines import subnets
from swarmdrill.machines.build import box
from swarmdrill.machines.build.releases import EngineRelease
from swarmdrill.machines.names import PREFIX, for_each, full_name
from swarmdrill.machines.provider import Hypervisor, Label
from swarmdrill.machines.virtualbox import disk
from swarmdrill.machines.virtualbox.vboxmanage import (
    LONG_SECONDS,
    extra_data,
    machine_folder,
    machines,
    snapshots,
    state,
    unlocked,
    vboxmanage,
    version,
)

NAME = "virtualbox"
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
ENDED = ("poweroff", "aborted", "saved", "aborted-saved")


def vagrant_home() -> Path:
    """Vagrant's data directory that all labs of this provider share, since it has their box."""
    return places.state() / VAGRANT_HOME


def answers() -> bool:
    """Whether there is a VirtualBox client that works."""
    return bool(version())


def require() -> None:
    """Raise UsageProblem unless VirtualBox can run machines."""
    found = setup.examine()
    if not found.ok:
        raise UsageProblem(said("VirtualBox will not do: {problem}", problem=found.problem))


def require_room(machines: int) -> None:
    """Raise UsageProblem unless this host has memory and disk for that many machines."""
    resources.require_memory(machines, disk.MEMORY_MB)
    resources.require_disk(Path(machine_folder() or Path.home()), machines, BYTES_PER_MACHINE)


def pace() -> float:
    """VirtualBox needs a processor that helps it, and is as fast as the host then."""
    return 1.0


def prepare(release: EngineRelease) -> str:
    """The version of the box, built where it is missing and known to Vagrant."""
    built = disk.ensure(release)
    added = vagrant_home() / f"{built.version}.sha256"
    if not added.exists() or added.read_text(encoding="ascii") != built.checksum:
        with trace.phase("hand the box to Vagrant"):
            # The same version can have been made anew with another boot loader or description.
            box.add(built.version, NAME, vagrant_home(), "--force")
        added.write_text(built.checksum, encoding="ascii")
    return built.version


def digests() -> dict[str, str]:
    """The digests of the boxes that were built here, by engine version."""
    return {version: f"sha256:{built.checksum}" for version, built in disk.built().items()}


def claim_network(lab: str, directory: Path, subnet: str) -> tuple[str, str]:  # noqa: ARG001
    """Name the lab's internal network, which exists while machines are on it, and say its subnet.

    Nobody else is on it, this host included, so other labs can have the same subnet. It must not be one that
    the host routes, since the machines reach those by NAT. Raises UsageProblem when it is.
    """
    chosen = subnets.checked(subnet) if subnet != "auto" else next(subnets.free(), None)
    if chosen is None:
        raise LabBroken(said("every /24 of {pool} is taken on this host: say --subnet", pool=str(subnets.POOL)))
    if str(chosen) == NAT_NETWORK:
        raise UsageProblem(said("--subnet {subnet}: the machines' NAT has it; choose another or auto", subnet=subnet))
    return f"{PREFIX}{lab}", str(chosen)


def machine_options(lab: str, directory: Path, made_from: str) -> dict[str, object]:  # noqa: ARG001
    """Box, memory and NAT of every machine of the lab, and what it keeps of where it belongs."""
    return {
        "box": box.NAME,
        "box_version": made_from,
        "box_url": box.catalogue().as_uri(),
        "vagrant_home": str(vagrant_home()),
        "memory": disk.MEMORY_MB,
        "nat_network": NAT_NETWORK,
        "extra_data": {DIRECTORY_KEY: str(directory)},
    }


def labels() -> list[Label]:
    """What every machine says of its lab; one that Vagrant is still making is known by its directory."""
    found = []
    for machine in machines():
        if ours := OURS.fullmatch(machine):
            with suppress(ClientFailed):  # it was removed meanwhile
                if directory := extra_data(machine, DIRECTORY_KEY):
                    found.append(Label(ours["lab"], directory, f"machine {machine}"))
    return found


def remove_lab(lab: str, directory: str | None) -> None:
    """Remove the lab's machines, whatever their state, with their disks and snapshots. Its network goes with them."""
    for machine in machines():
        ours = OURS.fullmatch(machine)
        if not ours or ours["lab"] != lab:
            continue
        # One that Vagrant is still making says nothing yet.
        if directory is None or extra_data(machine, DIRECTORY_KEY) in ("", directory):
            _remove(machine)


def _remove(machine: str) -> None:
    _end(machine)
    unlocked("unregistervm", machine, "--delete", timeout=LONG_SECONDS)


def _end(machine: str) -> None:
    """Power the machine off unless it is."""
    if state(machine) not in ENDED:
        try:
            vboxmanage("controlvm", machine, "poweroff")
        except ClientFailed:
            if state(machine) not in ENDED:
                raise


def remove_built() -> None:
    """Remove every box, what Vagrant knows of them, and machines of imports that were cut off long ago."""
    for machine in machines():
        cut_off = IMPORTED.fullmatch(machine)
        if cut_off and time.time() - int(cut_off["milliseconds"]) / 1000 > IMPORT_SECONDS:
            _remove(machine)
    for directory in (vagrant_home(), places.boxes()):
        shutil.rmtree(directory, ignore_errors=True)


class _Hypervisor:
    """Snapshots are VirtualBox's own, of disk and memory; time stops on all machines before the first is taken."""

    def snapshots(self, lab: str, machine: str) -> list[str]:
        return snapshots(full_name(lab, machine))

    def save(self, lab: str, name: str, machines: Sequence[str]) -> None:
        try:
            for_each(lab, machines, lambda machine: vboxmanage("controlvm", machine, "pause"))
            # Not --live: the machine is paused, and stays so.
            for_each(lab, machines, lambda machine: vboxmanage("snapshot", machine, "take", name, timeout=LONG_SECONDS))
        finally:
            for_each(lab, machines, _resume)

    def restore(self, lab: str, name: str, machines: Sequence[str]) -> None:
        # Only a machine that is off can be put back; it is a saved one then, which goes on where it was when started.
        for_each(lab, machines, _end)
        for_each(lab, machines, lambda machine: unlocked("snapshot", machine, "restore", name, timeout=LONG_SECONDS))
        for_each(lab, machines, _start)

    def forget(self, lab: str, name: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda machine: vboxmanage("snapshot", machine, "delete", name, timeout=LONG_SECONDS))

    def cut_power(self, lab: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, lambda machine: vboxmanage("controlvm", machine, "poweroff"))

    def power_on(self, lab: str, machines: Sequence[str]) -> None:
        for_each(lab, machines, _start)


def _resume(machine: str) -> None:
    if state(machine) == "paused":
        vboxmanage("controlvm", machine, "resume")


def _start(machine: str) -> None:
    unlocked("startvm", machine, "--type", "headless", timeout=LONG_SECONDS)


HYPERVISOR: Hypervisor | None = _Hypervisor()
