"""Machines as virtual machines of libvirt: what they need, what they can do, what they leave."""

import os
import re
import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import ClassVar

from swarmdrill.base import locks, places, trace
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import Message, said
from swarmdrill.base.programs import ClientFailed
from swarmdrill.base.settings import how_to
from swarmdrill.host import libvirt, qemu, resources, tools
from swarmdrill.host.acceleration import of_this_host
from swarmdrill.host.host import Host
from swarmdrill.machines import subnets
from swarmdrill.machines.build import box
from swarmdrill.machines.build.releases import EngineRelease, releases
from swarmdrill.machines.capabilities import ProviderReport, abilities, of_virtual_machines
from swarmdrill.machines.libvirt import definitions, volumes
from swarmdrill.machines.libvirt.domains import Domains
from swarmdrill.machines.libvirt.virsh import LONG_SECONDS, URI, Virsh
from swarmdrill.machines.names import PREFIX
from swarmdrill.machines.provider import Label

POOL = "swarmdrill"
POOL_DIRECTORY = Path("/var/lib/libvirt/swarmdrill")
VAGRANT_HOME = "vagrant-home"
MEMORY_MB = 1024
BYTES_PER_MACHINE = 2_000_000_000
# An emulated processor does about a tenth of the work; elections and time-outs of the guests stay what they are.
EMULATED_PACE = 4.0


class Libvirt:
    """Virtual machines of the host's libvirt. Their names and their network say to which lab they belong."""

    name: ClassVar = "libvirt"
    definition: ClassVar = Path(__file__).with_name("machines.rb")

    def __init__(self, host: Host) -> None:
        self.host = host
        self._virsh = Virsh(host)

    @property
    def service(self) -> str:
        """libvirt, by its address."""
        return URI

    @property
    def hypervisor(self) -> Domains:
        """libvirt's snapshots, and the power of its machines."""
        return Domains(self._virsh)

    def can(self, need: str) -> tuple[bool, str]:
        """What virtual machines have."""
        return of_virtual_machines(need)

    def report(self) -> ProviderReport:
        """Usable where there is all that set-up gets."""
        programs = ("virsh", "qemu-system-x86_64", "vagrant")
        remedy = f"run `{how_to('setup', self.name)}`"
        if missing := [program for program in programs if shutil.which(program) is None]:
            return ProviderReport(self.name, usable=False, reason=f"missing: {', '.join(missing)}: {remedy}")
        answer = libvirt.ask()
        if answer.error:
            return ProviderReport(self.name, usable=False, reason=f"libvirt does not answer ({answer.error}): {remedy}")
        found = of_this_host()
        speed = f"{found.reason}; expect {found.boot_seconds:.0f} s for three machines to boot"
        return ProviderReport(
            self.name,
            usable=True,
            reason=f"libvirt {answer.version}",
            capabilities={"acceleration": (found.driver == "kvm", speed), **abilities(self)},
        )

    def versions(self) -> dict[str, str]:
        """libvirt's and QEMU's."""
        return {"libvirt": libvirt.ask().version, "qemu": tools.examine("qemu-system-x86_64").version}

    def vagrant_home(self) -> Path:
        """Vagrant's data directory that all labs of this provider share, since it has their box."""
        return places.state() / VAGRANT_HOME

    def answers(self) -> bool:
        """Whether this host's libvirt answers."""
        return not libvirt.ask().error

    def require(self) -> None:
        """Raise UsageProblem unless virtual machines can be had."""
        if error := libvirt.ask().error:
            raise UsageProblem(
                said("libvirt does not answer ({error}): run `{setup}`", error=error, setup=how_to("setup", self.name))
            )
        self._require_qemu()

    def _require_qemu(self) -> None:
        found = qemu.examine(of_this_host())
        if not found.ok:
            raise UsageProblem(
                said(
                    "QEMU will not do: {problem}; run `{setup}`",
                    problem=found.problem,
                    setup=how_to("setup", self.name),
                )
            )

    def require_room(self, machines: int) -> None:
        """Raise UsageProblem unless this host has memory and disk for that many machines."""
        resources.require_memory(machines, MEMORY_MB)
        resources.require_disk(POOL_DIRECTORY, machines, BYTES_PER_MACHINE)

    def pace(self) -> float:
        """Emulated machines are slower."""
        return EMULATED_PACE if of_this_host().driver == "qemu" else 1.0

    def prepare(self, release: EngineRelease) -> str:
        """The version of the box, built where it is missing, known to Vagrant and in libvirt's pool."""
        built = box.ensure(release)
        self._require_qemu()  # now there is a kernel, which may show that KVM does not work
        with locks.turn(places.boxes(), said("nobody else hands a box over"), timeout=box.ADD_SECONDS):
            self._hand_to_vagrant(built)
            self._hand_to_libvirt(built)
        return built.version

    def digests(self) -> dict[str, str]:
        """The digests of the boxes' disks that were built here, by engine version."""
        boxes = {version: box.box(release) for version, release in releases().items()}
        return {version: f"sha256:{each.checksum('box.img')}" for version, each in boxes.items() if each.complete()}

    def _hand_to_vagrant(self, built: box.Box) -> None:
        if (self.vagrant_home() / "boxes" / box.NAME.replace("/", "-VAGRANTSLASH-") / built.version).exists():
            return
        with trace.phase("hand the box to Vagrant"):
            box.add(built.version, self.name, self.vagrant_home())

    def _hand_to_libvirt(self, built: box.Box) -> None:
        self._ensure_pool()
        self._remove_halves()
        there = self._pool_volumes()
        for name, source in self._volumes(built).items():
            if name not in there:
                with trace.phase("hand {source} to libvirt", source=source.name):
                    built.require_intact(source.name)
                    self._upload(name, source)

    def _pool_volumes(self) -> list[str]:
        return [line.split()[0] for line in self._virsh("vol-list", POOL).splitlines()]

    def _remove_halves(self) -> None:
        """Remove what uploads left whose process is gone; another checkout has the same pool."""
        for half in filter(None, map(volumes.HALF.match, self._pool_volumes())):
            if not Path("/proc", half["process"]).exists():
                self._virsh("vol-delete", half.string, "--pool", POOL)

    def _volumes(self, built: box.Box) -> dict[str, Path]:
        """Their names in the pool."""
        return {
            volumes.DISK.format(version=built.version): built.part("box.img"),
            f"vmlinuz-{built.version}": built.part("vmlinuz"),
            f"initrd-{built.version}": built.part("initrd"),
        }

    def _ensure_pool(self) -> None:
        if POOL not in self._virsh("pool-list", "--all", "--name").split():
            self._virsh.define("pool", definitions.pool(POOL, POOL_DIRECTORY))
            self._virsh("pool-build", POOL)
        if POOL not in self._virsh("pool-list", "--name").split():
            self._virsh("pool-start", POOL)

    def _upload(self, name: str, source: Path) -> None:
        """Under another name until all of it is there: a volume that is half written must not be taken for one."""
        half = f"half-{os.getpid()}-{name}"
        size = f"{source.stat().st_size}B"
        self._virsh("vol-create-as", POOL, half, size, "--format", "raw")
        try:
            self._virsh("vol-upload", half, str(source), "--pool", POOL, "--sparse", timeout=LONG_SECONDS)
            self._virsh("vol-clone", half, name, "--pool", POOL, timeout=LONG_SECONDS)
        except ClientFailed:
            if name not in self._pool_volumes():  # another checkout's, with the same content, may have been first
                raise
        finally:
            self._virsh("vol-delete", half, "--pool", POOL)
        self._virsh("pool-refresh", POOL)

    def claim_network(self, lab: str, directory: Path, subnet: str) -> tuple[str, str]:
        """Create the lab's network, cut off from the host's others, and return its name and subnet.

        libvirt refuses a subnet that this host routes or another of its networks has, so it is the arbiter between
        labs that start at the same time.
        """
        name = f"{PREFIX}{lab}"

        def create(candidate: str) -> None:
            self._virsh.define("net", definitions.network(name, lab, directory, candidate))
            try:
                self._virsh("net-start", name)
            except ClientFailed:
                self._virsh("net-undefine", name)
                raise

        return name, subnets.claim(subnet, create, self.host, taken="in use")

    def machine_options(self, lab: str, directory: Path, made_from: str) -> dict[str, object]:  # noqa: ARG002
        """Box, processor, kernel and network of every machine of the lab."""
        found = of_this_host()
        return {
            "uri": URI,
            "box": box.NAME,
            "box_version": made_from,
            "box_url": box.catalogue().as_uri(),
            "vagrant_home": str(self.vagrant_home()),
            "driver": found.driver,
            "cpu": found.cpu,
            "memory": MEMORY_MB,
            "pool": POOL,
            "kernel": self._virsh("vol-path", f"vmlinuz-{made_from}", "--pool", POOL),
            "initrd": self._virsh("vol-path", f"initrd-{made_from}", "--pool", POOL),
            "hardware_prefix": definitions.hardware_prefix(lab),
        }

    def labels(self) -> list[Label]:
        """What every network says of its lab: it is the first that a lab gets here, and the last that it loses."""
        found = []
        for name in self._virsh("net-list", "--all", "--name").splitlines():
            if name.startswith(PREFIX) and (directory := self._directory(name)) is not None:
                found.append(Label(name.removeprefix(PREFIX), directory, f"network {name}"))
        return found

    def _directory(self, network: str) -> str | None:
        """Where the network says that its lab lives; None where it says nothing."""
        described = ET.fromstring(self._virsh("net-dumpxml", network)).find(f"metadata/{{{definitions.NAMESPACE}}}lab")
        return None if described is None else described.attrib.get("directory", "")

    def last_words(self, lab: str) -> dict[str, str]:  # noqa: ARG002  (its machines' consoles are not kept)
        """Nothing: what a machine says on its console goes nowhere."""
        return {}

    def remove_lab(self, lab: str, directory: str | None) -> None:
        """Remove the lab's machines with their snapshots, then its disks, then its network.

        Machines and disks say nothing of a directory: they are known by the whole of their names.
        """
        network = f"{PREFIX}{lab}"
        networks = self._virsh("net-list", "--all", "--name").splitlines()
        if network in networks and directory is not None and self._directory(network) != directory:
            return
        ours = re.compile(rf"{re.escape(network)}-(manager|worker)\d+(?P<disk>[.-].+)?")
        running = set(self._virsh("list", "--name").splitlines())
        for domain in self._virsh("list", "--all", "--name").splitlines():
            if (found := ours.fullmatch(domain)) and not found["disk"]:
                if domain in running:
                    self._virsh("destroy", domain)
                self._virsh("undefine", domain, "--managed-save", "--snapshots-metadata")
        if POOL in self._virsh("pool-list", "--name").split():
            self._virsh("pool-refresh", POOL)
            for name in filter(ours.fullmatch, self._pool_volumes()):
                self._virsh("vol-delete", name, "--pool", POOL)
        if network in self._virsh("net-list", "--name").splitlines():
            self._virsh("net-destroy", network)
        if network in networks:
            self._virsh("net-undefine", network)

    def remove_built(self) -> list[Message]:
        """Remove every box in the pool, then the pool where nothing else is in it, and what this checkout has of them.

        A volume is this product's where it has the name of a box's part, or of a disk of a lab, as no lab is left.
        """
        left = []
        if POOL in self._virsh("pool-list", "--all", "--name").split():
            with trace.phase("remove the boxes"):
                self._ensure_pool()
                for name in self._pool_volumes():
                    if volumes.OURS.fullmatch(name):
                        self._virsh("vol-delete", name, "--pool", POOL)
                    else:
                        left.append(name)
                if not left:
                    self._virsh("pool-destroy", POOL)
                    self._virsh("pool-delete", POOL)
                    self._virsh("pool-undefine", POOL)
        for directory in (self.vagrant_home(), places.boxes()):
            shutil.rmtree(directory, ignore_errors=True)
        return [
            said(
                "left alone: volume {volume} of libvirt's pool {pool}: swarmdrill gives no volume that name",
                volume=name,
                pool=POOL,
            )
            for name in left
        ]
