"""Machines as containers on this host's Docker Engine: what they need, what they can do, what they leave."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from harness.config import STATE_DIR
from harness.errors import LabBroken, UsageProblem
from harness.poll import Answer, Done, NotYet, wait_until
from harness.provider import subnets

LABEL = "swarmdrill.lab"
DIRECTORY_LABEL = "swarmdrill.directory"
PROBE = "probe"
CALL_SECONDS = 60
CGROUP_SECONDS = 10
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
CGROUP_V2 = ("--cgroupns=private",)
CGROUP_V1 = ("--cgroupns=host", "--volume", "/sys/fs/cgroup:/sys/fs/cgroup:rw")


@dataclass(frozen=True)
class Leftovers:
    """What a lab still holds on the host: ids of containers, networks and volumes."""

    containers: tuple[str, ...]
    networks: tuple[str, ...]
    volumes: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.containers or self.networks or self.volumes)


def docker(*arguments: str, check: bool = True) -> str:
    """Run the docker client against this host's engine and return what it prints.

    Raises LabBroken with the command and its error when it fails or does not answer within 60 s.
    """
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=CALL_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise LabBroken(f"no answer within {CALL_SECONDS} s: docker {' '.join(arguments)}") from None
    if check and done.returncode != 0:
        raise LabBroken(f"docker {' '.join(arguments)} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def require_engine() -> None:
    """Raise UsageProblem unless this host's Docker Engine answers."""
    if shutil.which("docker") is None:
        raise UsageProblem("the docker client is missing: run `make setup`")
    done = subprocess.run(
        ["docker", "version", "--format", "{{.Server.Version}}"],
        capture_output=True,
        text=True,
        timeout=CALL_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise UsageProblem(f"this host's Docker Engine does not answer ({done.stderr.strip()}): run `make setup`")


def require_space(machines: int) -> None:
    """Raise UsageProblem unless the engine's disk has room for that many machines."""
    root = Path(docker("info", "--format", "{{.DockerRootDir}}"))
    if not root.exists():
        return  # the engine is on another host; its own error will say when it is full
    free, needed = shutil.disk_usage(root).free, machines * BYTES_PER_MACHINE
    if free < needed:
        raise UsageProblem(
            f"{root} has {free / 1e9:.1f} GB free; {machines} machines need {needed / 1e9:.1f} GB: free some space"
        )


def claim_network(lab: str, directory: Path, subnet: str) -> tuple[str, str]:
    """Create the lab's network and return its name and subnet.

    The engine refuses a subnet that overlaps another network of its own, so it is the arbiter between
    labs that start at the same time. `subnet` is a /24 or "auto". Raises UsageProblem when the subnet
    asked for is taken, LabBroken when no subnet of the pool is free.
    """
    name = f"swarmdrill-{lab}"
    candidates = iter([subnets.checked(subnet)]) if subnet != "auto" else subnets.free()
    for candidate in candidates:
        done = subprocess.run(
            [
                *("docker", "network", "create", "--subnet", str(candidate)),
                *("--label", f"{LABEL}={lab}", "--label", f"{DIRECTORY_LABEL}={directory}", name),
            ],
            capture_output=True,
            text=True,
            timeout=CALL_SECONDS,
            check=False,
        )
        if done.returncode == 0:
            return name, str(candidate)
        if subnet != "auto":
            raise UsageProblem(f"--subnet {subnet}: {done.stderr.strip()}; choose another or auto")
        if "overlap" not in done.stderr:
            raise LabBroken(f"docker network create {name} failed: {done.stderr.strip()}")
    raise LabBroken(f"every /24 of {subnets.POOL} is taken: run `swarmdrill clean`")


def run_arguments(lab: str, directory: Path, image: str) -> list[str]:
    """Arguments of `docker run` for every machine of the lab, as this host allows them."""
    privileged = _privileged_works(image)
    cgroup_v2 = Path("/sys/fs/cgroup/cgroup.controllers").exists()
    return [
        *COMMON_RUN_ARGS,
        *(("--privileged",) if privileged else UNPRIVILEGED),
        *(CGROUP_V2 if cgroup_v2 else CGROUP_V1),
        *("--label", f"{LABEL}={lab}", "--label", f"{DIRECTORY_LABEL}={directory}"),
        *("--mount", f"type=volume,destination=/var/lib/docker,{_volume_labels(lab, directory)}"),
    ]


def _volume_labels(lab: str, directory: Path) -> str:
    return f"volume-label={LABEL}={lab},volume-label={DIRECTORY_LABEL}={directory}"


def _privileged_works(image: str) -> bool:
    """Ask the engine itself, once per boot of this host and engine: a device or capability list can mislead."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    key = f"{boot} {docker('info', '--format', '{{.ID}}')}"
    memory = STATE_DIR / "privileged.json"
    if memory.exists():
        known = json.loads(memory.read_text())
        if known["host"] == key:
            return bool(known["works"])
    done = subprocess.run(
        ["docker", "run", "--rm", "--privileged", "--network=none", f"--label={LABEL}={PROBE}", image, "true"],
        capture_output=True,
        timeout=CALL_SECONDS,
        check=False,
    )
    STATE_DIR.mkdir(exist_ok=True)
    memory.write_text(json.dumps({"host": key, "works": done.returncode == 0}))
    return done.returncode == 0


def labs() -> dict[str, Path]:
    """Every lab that holds something on this host, by id, with the directory it says it lives in."""
    columns = f'{{{{.Label "{LABEL}"}}}}\t{{{{.Label "{DIRECTORY_LABEL}"}}}}'
    chosen = ("--format", columns, "--filter", f"label={DIRECTORY_LABEL}")
    lines = [
        line
        for kind in (("ps", "--all"), ("network", "ls"), ("volume", "ls"))
        for line in docker(*kind, *chosen).splitlines()
    ]
    return {lab: Path(directory) for lab, _, directory in (line.partition("\t") for line in lines)}


def leftovers(lab: str) -> Leftovers:
    """Everything on this host that carries the lab's label."""
    chosen = ("--filter", f"label={LABEL}={lab}")
    return Leftovers(
        containers=tuple(docker("ps", "--all", "--quiet", "--no-trunc", *chosen).split()),
        networks=tuple(docker("network", "ls", "--quiet", "--no-trunc", *chosen).split()),
        volumes=tuple(docker("volume", "ls", "--quiet", *chosen).split()),
    )


def remove(left: Leftovers) -> None:
    """Remove what `leftovers` found, in the order in which the pieces hold each other."""
    if left.containers:
        docker("rm", "--force", "--volumes", *left.containers)
    if left.networks:
        docker("network", "rm", *left.networks)
    still_there = set(docker("volume", "ls", "--quiet").split())
    volumes = [volume for volume in left.volumes if volume in still_there]
    if volumes:
        docker("volume", "rm", "--force", *volumes)


def remove_cgroups(lab: str) -> None:
    """Remove the empty control groups of the lab's nested containers (cgroup v1 shares the host's tree)."""
    tops = list(Path("/sys/fs/cgroup").glob(f"*/swarmdrill-{lab}"))

    def removed() -> Answer[None]:
        try:
            for top in tops:
                for directory in sorted((path for path in top.rglob("*") if path.is_dir()), reverse=True):
                    directory.rmdir()
                if top.exists():
                    top.rmdir()
        except OSError as problem:  # a process of a killed container may still be ending
            return NotYet(str(problem))
        return Done(None)

    wait_until("the lab's control groups are empty", removed, timeout=CGROUP_SECONDS)


def images() -> tuple[str, ...]:
    """Ids of the images that this product built on this host."""
    return tuple(dict.fromkeys(docker("images", "--quiet", "--filter", "label=swarmdrill.image").split()))
