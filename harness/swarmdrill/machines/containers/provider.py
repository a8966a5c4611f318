"""Machines as containers on a host's Docker Engine: what they need, what they can do, what they leave."""

import csv
import io
import json
import shutil
from pathlib import Path
from typing import ClassVar

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import Message, said
from swarmdrill.base.programs import CALL_SECONDS
from swarmdrill.base.settings import how_to
from swarmdrill.host import inotify, resources
from swarmdrill.host.address import shown
from swarmdrill.host.engine import ask
from swarmdrill.host.host import Host
from swarmdrill.machines import hosts, subnets
from swarmdrill.machines.build.releases import EngineRelease, releases
from swarmdrill.machines.capabilities import (
    ENGINE_CHANGE,
    OWN_CLOCK,
    OWN_DISK,
    SERVICE_VIPS,
    SNAPSHOTS,
    UNKNOWN,
    ProviderReport,
    abilities as all_of,
)
from swarmdrill.machines.containers import abilities, built_images, image
from swarmdrill.machines.provider import Hypervisor, Label

LABEL = "swarmdrill.lab"
DIRECTORY_LABEL = "swarmdrill.directory"
IPVS = Path("/proc/net/ip_vs")
LOOP = Path("/dev/loop-control")
# Per machine: two copies of a raft directory (2 x 128 MB preallocated), the unpacked workload image, logs.
BYTES_PER_MACHINE = 600_000_000
# What a machine can use at most: as much as a virtual one, and so little of what is free here that a lab of seven whose
# disks are full leaves some.
DISK_BYTES = 8_000_000_000
SHARE_OF_FREE = 8

COMMON_RUN_ARGS = (
    *("--publish", "127.0.0.1::22"),
    # Has systemd end everything in good order (systemd(1), SIGRTMIN+3).
    *("--stop-signal", "SIGRTMIN+3"),
    # What a machine says on its console stays small on the host; not every log driver knows the option.
    *("--log-driver", "json-file", "--log-opt", "max-size=1m"),
)
# What the machine's engine makes lies below the machine's own group and goes with it: this user may not remove it.
CGROUPS = ("--cgroupns=private",)


class Containers:
    """Containers on the host's Docker Engine. Their labels say to which lab they belong."""

    name: ClassVar = "docker"
    definition: ClassVar = Path(__file__).with_name("machines.rb")
    hypervisor: Hypervisor | None = None

    def __init__(self, host: Host) -> None:
        self.host = host

    @property
    def service(self) -> str:
        """The engine, by its address."""
        return self.host.engine

    def can(self, need: str) -> tuple[bool, str]:
        """What containers share with their host they do not have for themselves."""
        if need == OWN_DISK:
            return self._own_disk()
        ipvs = IPVS.exists()
        return {
            SERVICE_VIPS: (ipvs, "kernel has IPVS" if ipvs else f"no {IPVS}: the kernel has no IPVS"),
            SNAPSHOTS: (False, "Vagrant's docker provider has none"),
            OWN_CLOCK: (False, "containers share the host's"),
            ENGINE_CHANGE: (True, "a container from another image, with the volume of the one before"),
        }.get(need, (False, UNKNOWN))

    def _own_disk(self) -> tuple[bool, str]:
        """Known once a container was tried; before that, a device says as much as it can."""
        known = abilities.remembered(self.host)
        if known.own_disk if known else LOOP.exists():
            return True, "a file of the host's, which a full machine cannot outgrow"
        return False, "a container gets no loop device here, so a full machine would fill the host's disk"

    def report(self) -> ProviderReport:
        """Usable where there is Vagrant, a client and an engine that answers."""
        missing = [program for program in (self.host.client, "vagrant") if shutil.which(program) is None]
        answer = ask(self.host)
        reason = f"missing: {', '.join(missing)}" if missing else answer.error
        elsewhere = "" if self.host.is_usual else f" at {shown(self.host.engine)}"
        return ProviderReport(
            self.name,
            usable=not reason,
            reason=(reason or f"Docker Engine {answer.version}") + elsewhere,
            capabilities=all_of(self),
        )

    def versions(self) -> dict[str, str]:
        """None but the engine's, which every result has."""
        return {}

    def answers(self) -> bool:
        """Whether the engine answers."""
        return not ask(self.host).error

    def pace(self) -> float:
        """These are as fast as the host."""
        return 1.0

    def require(self) -> None:
        """Raise UsageProblem unless the engine answers."""
        if shutil.which(self.host.client) is None:
            raise UsageProblem(said("the docker client is missing: run `{setup}`", setup=how_to("setup")))
        if error := ask(self.host).error:
            raise UsageProblem(self._does_not_answer(error))

    def _does_not_answer(self, error: str) -> Message:
        name, engine = self.host.name, self.host.engine
        if not self.host.is_usual:
            return said(
                "{host}'s Docker Engine at {engine} does not answer ({error}): start it",
                host=name,
                engine=engine,
                error=error,
            )
        return said(
            "{host}'s Docker Engine does not answer ({error}): run `{setup}`",
            host=name,
            error=error,
            setup=how_to("setup"),
        )

    def require_room(self, machines: int) -> None:
        """Raise UsageProblem unless the engine's host has disk and inotify instances for that many machines."""
        root = self._root()
        if not root.exists():
            return  # the engine is on another host; its own error will say when it is full
        inotify.require(machines)
        resources.require_disk(root, machines, BYTES_PER_MACHINE)

    def prepare(self, release: EngineRelease) -> str:
        """The tag of the node image, built where it is missing; finds out what its containers may do here."""
        hosts.remember(self.host)
        name = image.ensure(release, self.host)
        abilities.ask(name, self.host)
        return name

    def digests(self) -> dict[str, str]:
        """The digests of the node images that are there, by engine version."""
        rows = ("--no-trunc", "--filter", f"label={image.LABEL}=node", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
        there = dict(line.split() for line in self.host.docker("images", *rows).splitlines())
        tags = {version: image.tag(release) for version, release in releases().items()}
        return {version: there[tag] for version, tag in tags.items() if tag in there}

    def claim_network(self, lab: str, directory: Path, subnet: str) -> tuple[str, str]:
        """Create the lab's network and return its name and subnet.

        The engine refuses a subnet that overlaps another network of its own, so it is the arbiter between
        labs that start at the same time. `subnet` is a /24 or "auto". Raises UsageProblem when the subnet
        asked for is taken, LabBroken when no subnet of the pool is free.
        """
        name = f"swarmdrill-{lab}"
        labels = ("--label", f"{LABEL}={lab}", "--label", f"{DIRECTORY_LABEL}={directory}")

        def create(candidate: str) -> None:
            self.host.docker("network", "create", "--subnet", candidate, *labels, name)

        return name, subnets.claim(subnet, create, self.host, taken="overlap")

    def machine_options(self, lab: str, directory: Path, made_from: str) -> dict[str, object]:
        """Image, arguments of `docker run` as the host allows them, volume and bytes of disk of the lab's machines.

        The Vagrantfile names the volume for the machine: one without a name would go with the machine's container.
        """
        able = abilities.ask(made_from, self.host)
        return {
            "image": made_from,
            "run_arguments": [
                *COMMON_RUN_ARGS,
                *able.run_arguments(),
                *CGROUPS,
                *("--label", f"{LABEL}={lab}", "--label", f"{DIRECTORY_LABEL}={directory}"),
            ],
            "volume": self._volume(lab, directory),
            "disk": self._disk_bytes() if able.own_disk else 0,
        }

    def _disk_bytes(self) -> int:
        """What the disk of a machine holds; it takes from this host only what is used."""
        root = self._root()
        free = shutil.disk_usage(root).free if root.exists() else DISK_BYTES * SHARE_OF_FREE
        return max(min(DISK_BYTES, free // SHARE_OF_FREE), BYTES_PER_MACHINE)

    def _root(self) -> Path:
        """Where the engine keeps everything; on another host's engine nothing is there."""
        return Path(self.host.docker("info", "--format", "{{.DockerRootDir}}"))

    def engine_rights(self, image_name: str) -> tuple[str, ...]:
        """The arguments of `docker run` with which a container of this host, from any image, may run an engine."""
        return (*abilities.rights(image_name, self.host), *CGROUPS)

    def _volume(self, lab: str, directory: Path) -> str:
        """The fields of `docker run --mount`, which it reads as a line of comma-separated values (RFC 4180)."""
        labels = (f"{LABEL}={lab}", f"{DIRECTORY_LABEL}={directory}")
        line = io.StringIO()
        fields = ("type=volume", f"destination={abilities.VOLUME}", *(f"volume-label={label}" for label in labels))
        csv.writer(line, lineterminator="").writerow(fields)
        return line.getvalue()

    def labels(self) -> list[Label]:
        """What every container, network and volume says of its lab. Read as JSON: a label may hold any character."""
        found = []
        for what, name, kind in (
            ("container", "Names", ("ps", "--all")),
            ("network", "Name", ("network", "ls")),
            ("volume", "Name", ("volume", "ls")),
        ):
            values = (f".{name}", f'(.Label "{LABEL}")', f'(.Label "{DIRECTORY_LABEL}")')
            row = f"[{','.join(f'{{{{json {value}}}}}' for value in values)}]"
            for line in self.host.docker(*kind, "--format", row, "--filter", f"label={DIRECTORY_LABEL}").splitlines():
                called, lab, directory = json.loads(line)
                found.append(Label(lab, directory, f"{what} {called}"))
        return found

    def last_words(self, lab: str) -> dict[str, str]:
        """The end of the log of each container of the lab that is there and does not run."""
        ended = ("--filter", f"label={LABEL}={lab}", "--filter", "status=exited", "--format", "{{.Names}}")
        said_last = {}
        for name in self.host.docker("ps", "--all", *ended).split():
            log = self.host.run(self.host.docker_command("logs", "--tail=10", name), timeout=CALL_SECONDS)
            said_last[name] = f"{log.stdout}{log.stderr}".strip()
        return said_last

    def remove_lab(self, lab: str, directory: str | None) -> None:
        """Remove everything here that carries the lab's labels, in the order in which the pieces hold each other."""
        chosen = ["--filter", f"label={LABEL}={lab}"]
        if directory is not None:
            chosen += ["--filter", f"label={DIRECTORY_LABEL}={directory}"]
        if containers := self.host.docker("ps", "--all", "--quiet", "--no-trunc", *chosen).split():
            self.host.docker("rm", "--force", "--volumes", *containers)
        if networks := self.host.docker("network", "ls", "--quiet", "--no-trunc", *chosen).split():
            self.host.docker("network", "rm", *networks)
        if volumes := self.host.docker("volume", "ls", "--quiet", *chosen).split():
            self.host.docker("volume", "rm", "--force", *volumes)

    def remove_built(self) -> list[Message]:
        """Remove the images that this product built on the engine (`built_images`)."""
        return built_images.remove(self.host)
