"""Machines as containers on this host's Docker Engine: what they need, what they can do, what they leave."""

import csv
import io
import json
import shutil
from pathlib import Path

from swarmdrill.base import places, programs, trace
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.programs import CALL_SECONDS, call
from swarmdrill.base.settings import how_to
from swarmdrill.host import client, resources
from swarmdrill.host.engine import ask
from swarmdrill.machines import subnets
from swarmdrill.machines.build.releases import EngineRelease, releases
from swarmdrill.machines.containers import image
from swarmdrill.machines.provider import Hypervisor, Label

NAME = "docker"
HYPERVISOR: Hypervisor | None = None
LABEL = "swarmdrill.lab"
DIRECTORY_LABEL = "swarmdrill.directory"
PROBE = "probe"
# Per machine: two copies of a raft directory (2 x 128 MB preallocated), the unpacked workload image, logs.
BYTES_PER_MACHINE = 600_000_000

COMMON_RUN_ARGS = ("--init", "--publish", "127.0.0.1::22")
# Everything --privileged gives but CAP_SYS_RESOURCE, which a sandboxed host does not have to give.
UNPRIVILEGED = (
    *("--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE"),
    *("--security-opt", "seccomp=unconfined"),
    *("--security-opt", "apparmor=unconfined"),
    *("--security-opt", "systempaths=unconfined"),
)
# What the machine's engine makes lies below the machine's own group and goes with it: this user may not remove it.
CGROUPS = ("--cgroupns=private",)


def docker(*arguments: str) -> str:
    """Run the docker client against this host's engine and return what it prints.

    Raises ClientFailed with the command and its error when it fails or does not answer within 60 s.
    """
    return call(client.path(), *arguments)


def answers() -> bool:
    """Whether this host's Docker Engine answers."""
    return not ask().error


def pace() -> float:
    """These are as fast as the host."""
    return 1.0


def require() -> None:
    """Raise UsageProblem unless this host's Docker Engine answers."""
    if shutil.which(client.path()) is None:
        raise UsageProblem(said("the docker client is missing: run `{setup}`", setup=how_to("setup")))
    if error := ask().error:
        raise UsageProblem(
            said(
                "this host's Docker Engine does not answer ({error}): run `{setup}`", error=error, setup=how_to("setup")
            )
        )


def require_room(machines: int) -> None:
    """Raise UsageProblem unless the engine's disk has room for that many machines."""
    root = Path(docker("info", "--format", "{{.DockerRootDir}}"))
    if not root.exists():
        return  # the engine is on another host; its own error will say when it is full
    resources.require_disk(root, machines, BYTES_PER_MACHINE)


def prepare(release: EngineRelease) -> str:
    """The tag of the node image, built where it is missing."""
    return image.ensure(release)


def digests() -> dict[str, str]:
    """The digests of the node images that are there, by engine version."""
    rows = ("--no-trunc", "--filter", f"label={image.LABEL}=node", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
    there = dict(line.split() for line in docker("images", *rows).splitlines())
    tags = {version: image.tag(release) for version, release in releases().items()}
    return {version: there[tag] for version, tag in tags.items() if tag in there}


def claim_network(lab: str, directory: Path, subnet: str) -> tuple[str, str]:
    """Create the lab's network and return its name and subnet.

    The engine refuses a subnet that overlaps another network of its own, so it is the arbiter between
    labs that start at the same time. `subnet` is a /24 or "auto". Raises UsageProblem when the subnet
    asked for is taken, LabBroken when no subnet of the pool is free.
    """
    name = f"swarmdrill-{lab}"
    labels = ("--label", f"{LABEL}={lab}", "--label", f"{DIRECTORY_LABEL}={directory}")

    def create(candidate: str) -> None:
        docker("network", "create", "--subnet", candidate, *labels, name)

    return name, subnets.claim(subnet, create, taken="overlap")


def machine_options(lab: str, directory: Path, made_from: str) -> dict[str, object]:
    """The image, the arguments of `docker run` for every machine of the lab, as this host allows them, and its volume.

    The Vagrantfile names the volume for the machine: one without a name would go with the machine's container.
    """
    return {
        "image": made_from,
        "run_arguments": _run_arguments(lab, directory, made_from),
        "volume": _volume(lab, directory),
    }


def _run_arguments(lab: str, directory: Path, image_name: str) -> list[str]:
    return [
        *COMMON_RUN_ARGS,
        *engine_rights(image_name),
        *("--label", f"{LABEL}={lab}", "--label", f"{DIRECTORY_LABEL}={directory}"),
    ]


def engine_rights(image_name: str) -> tuple[str, ...]:
    """The arguments of `docker run` with which a container of this host may run an engine of its own."""
    return (*(("--privileged",) if _privileged_works(image_name) else UNPRIVILEGED), *CGROUPS)


def _volume(lab: str, directory: Path) -> str:
    """The fields of `docker run --mount`, which it reads as a line of comma-separated values (RFC 4180)."""
    labels = (f"{LABEL}={lab}", f"{DIRECTORY_LABEL}={directory}")
    line = io.StringIO()
    fields = ("type=volume", "destination=/var/lib/docker", *(f"volume-label={label}" for label in labels))
    csv.writer(line, lineterminator="").writerow(fields)
    return line.getvalue()


def _privileged_works(image_name: str) -> bool:
    """Ask the engine itself, once per boot of this host and engine: a device or capability list can mislead."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    key = f"{boot} {docker('info', '--format', '{{.ID}}')}"
    memory = places.state() / "privileged.json"
    if memory.exists():
        known = json.loads(memory.read_text())
        if known["host"] == key:
            return bool(known["works"])
    done = programs.run(
        [
            client.path(),
            "run",
            "--rm",
            "--privileged",
            "--network=none",
            f"--label={LABEL}={PROBE}",
            image_name,
            "true",
        ],
        timeout=CALL_SECONDS,
    )
    memory.parent.mkdir(parents=True, exist_ok=True)
    memory.write_text(json.dumps({"host": key, "works": done.ok}))
    return done.ok


def labels() -> list[Label]:
    """What every container, network and volume here says of its lab. Read as JSON: a label may hold any character."""
    found = []
    for what, name, kind in (
        ("container", "Names", ("ps", "--all")),
        ("network", "Name", ("network", "ls")),
        ("volume", "Name", ("volume", "ls")),
    ):
        values = (f".{name}", f'(.Label "{LABEL}")', f'(.Label "{DIRECTORY_LABEL}")')
        row = f"[{','.join(f'{{{{json {value}}}}}' for value in values)}]"
        for line in docker(*kind, "--format", row, "--filter", f"label={DIRECTORY_LABEL}").splitlines():
            called, lab, directory = json.loads(line)
            found.append(Label(lab, directory, f"{what} {called}"))
    return found


def remove_lab(lab: str, directory: str | None) -> None:
    """Remove everything here that carries the lab's labels, in the order in which the pieces hold each other."""
    chosen = ["--filter", f"label={LABEL}={lab}"]
    if directory is not None:
        chosen += ["--filter", f"label={DIRECTORY_LABEL}={directory}"]
    if containers := docker("ps", "--all", "--quiet", "--no-trunc", *chosen).split():
        docker("rm", "--force", "--volumes", *containers)
    if networks := docker("network", "ls", "--quiet", "--no-trunc", *chosen).split():
        docker("network", "rm", *networks)
    if volumes := docker("volume", "ls", "--quiet", *chosen).split():
        docker("volume", "rm", "--force", *volumes)


def remove_built() -> None:
    """Remove the images that this product built on this host."""
    found = docker("images", "--quiet", "--filter", "label=swarmdrill.image").split()
    if found:
        with trace.phase("remove the node images"):
            docker("rmi", "--force", *dict.fromkeys(found))
