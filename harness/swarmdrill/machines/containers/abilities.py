"""What a container may do on this host: asked of the engine itself, since device and capability lists can mislead."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from swarmdrill.base import places
from swarmdrill.base.programs import CALL_SECONDS
from swarmdrill.host.host import Host

# The probes are nobody's lab.
LABELS = ("--label", "swarmdrill.lab=probe")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# Everything --privileged gives but CAP_SYS_RESOURCE, which a sandboxed host does not have to give, the clock, and all
# devices but those of loop mounts, by their numbers (the kernel's admin-guide/devices.txt).
UNPRIVILEGED = (
    *("--cap-add", "ALL", "--cap-drop", "SYS_RESOURCE", "--cap-drop", "SYS_TIME"),
    *("--device-cgroup-rule", "b 7:* rmw", "--device-cgroup-rule", "c 10:237 rmw"),
    *("--security-opt", "seccomp=unconfined"),
    *("--security-opt", "apparmor=unconfined"),
    *("--security-opt", "systempaths=unconfined"),
)
# Where a node has its volume, on which it keeps its disk.
VOLUME = "/var/lib/swarmdrill"
PROBE_DISK_BYTES = 64_000_000


@dataclass(frozen=True)
class Abilities:
    """Whether `docker run --privileged` works, and whether a container can have a disk of its own (loop mounts)."""

    privileged: bool
    own_disk: bool

    def run_arguments(self) -> tuple[str, ...]:
        """The arguments of `docker run` that let a node do what it needs."""
        return ("--privileged",) if self.privileged else UNPRIVILEGED


def ask(image: str, host: Host) -> Abilities:
    """Try with containers from the node image, once per boot of this host and engine. Raises ClientFailed."""
    engine = host.docker("info", "--format", "{{.ID}}")
    known = _known(host)
    if known.get("engine") == engine:
        return Abilities(known["privileged"], known["own_disk"])
    allowed = rights(image, host)
    disk = ("node-disk", VOLUME, str(PROBE_DISK_BYTES))
    found = Abilities("--privileged" in allowed, own_disk=_works(host, *allowed, f"--volume={VOLUME}", image, *disk))
    _file(host).parent.mkdir(parents=True, exist_ok=True)
    _file(host).write_text(json.dumps({"boot": _boot(), "engine": engine, **asdict(found)}), encoding="utf-8")
    return found


def rights(image: str, host: Host) -> tuple[str, ...]:
    """The arguments of `docker run` that let a container from any image do what a node needs, tried with this one."""
    return Abilities(_works(host, "--privileged", image, "true"), own_disk=False).run_arguments()


def remembered(host: Host) -> Abilities | None:
    """What was found out since the host was started, without asking its engine; None where nobody asked yet."""
    known = _known(host)
    return Abilities(known["privileged"], known["own_disk"]) if known else None


def _known(host: Host) -> dict[str, Any]:
    """What is in the file, as long as it is of this boot."""
    if not _file(host).exists():
        return {}
    known: dict[str, Any] = json.loads(_file(host).read_text(encoding="utf-8"))
    return known if known["boot"] == _boot() else {}


def _file(host: Host) -> Path:
    """One for each engine: a look at its labs must not need an answer of it."""
    return places.state() / f"containers-{hashlib.sha256(host.engine.encode()).hexdigest()[:8]}.json"


def _boot() -> str:
    return BOOT_ID.read_text(encoding="ascii").strip()


def _works(host: Host, *arguments: str) -> bool:
    command = host.docker_command("run", "--rm", "--network=none", *LABELS, *arguments)
    return host.run(command, timeout=CALL_SECONDS).ok
