"""What labs of this checkout leave on this host, of every kind."""

import re
import subprocess
from pathlib import Path

from product.checkout import LABS, PROVIDER


def _docker(*arguments: str) -> list[str]:
    return subprocess.check_output(["docker", *arguments], text=True).split()


def machines(lab: str) -> list[str]:
    """Names of the lab's machines."""
    if PROVIDER == "docker":
        return _docker("ps", "--all", "--format", "{{.Names}}", "--filter", f"name=swarmdrill-{lab}-")
    return [name for name in _virsh("list", "--all", "--name") if name.startswith(f"swarmdrill-{lab}-")]


def _virsh(*arguments: str) -> list[str]:
    return subprocess.check_output(["virsh", "--connect", "qemu:///system", *arguments], text=True).split()


def leftovers(lab: str) -> dict[str, list[str]]:
    """Everything on this host that belongs to labs of this checkout of that name; empty lists are left out.

    A run's lab is called for its process, `run-27`, and has something random after that.
    """
    directories = [LABS / lab, *LABS.glob(f"{lab}-*")]
    found = {
        "machines": machines(lab),
        **(_held_by_docker(lab) if PROVIDER == "docker" else _held_by_libvirt(lab)),
        "processes": [path.parent.name for path in Path("/proc").glob("[0-9]*/environ") if _is_of(path, LABS / lab)],
        "mounts": [line for line in Path("/proc/mounts").read_text().splitlines() if f"{LABS / lab}" in line],
        "directories": [str(path) for path in (*directories, LABS / f"{lab}.lock") if path.exists()],
        "sockets": [str(path) for path in Path("/tmp").glob(f"swarmdrill-{lab}-*")],
    }
    return {kind: names for kind, names in found.items() if names}


def _held_by_docker(lab: str) -> dict[str, list[str]]:
    labels = _docker("volume", "ls", "--format", '{{.Label "swarmdrill.lab"}}')
    return {
        "networks": _docker("network", "ls", "--format", "{{.Name}}", "--filter", f"name=swarmdrill-{lab}-"),
        "volumes": [label for label in labels if label.startswith(f"{lab}-")],
        "control groups": _orphaned_groups(),
    }


def _orphaned_groups() -> list[str]:
    """The control groups that the engine made for containers that are gone; with them go those of nested containers."""
    groups = [path for path in Path("/sys/fs/cgroup").glob("*/docker/*") if path.is_dir()]
    # Asked after them, and they are looked at again: containers of other tests come and go meanwhile.
    known = _docker("ps", "--all", "--quiet", "--no-trunc")
    return [str(path) for path in groups if path.name not in known and path.exists()]


def _held_by_libvirt(lab: str) -> dict[str, list[str]]:
    ours = f"swarmdrill-{lab}-"
    commands = [read(path).decode(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline")]
    volumes = _virsh("vol-list", "swarmdrill") if "swarmdrill" in _virsh("pool-list", "--name") else []
    return {
        "networks": [name for name in _virsh("net-list", "--all", "--name") if name.startswith(ours)],
        "volumes": [word for word in volumes if word.startswith(ours)],
        "processes of QEMU and dnsmasq": [command.replace("\0", " ") for command in commands if ours in command],
    }


def _is_of(environ: Path, directory: Path) -> bool:
    """Whether the process says that it is of that lab, or of one whose name goes on with something random."""
    pattern = re.compile(rb"SWARMDRILL_LAB=" + re.escape(bytes(directory)) + rb"(-.*)?")
    return any(pattern.fullmatch(entry) for entry in read(environ).split(b"\0"))


def read(path: Path) -> bytes:
    """Content of a file of a process, empty when it ended meanwhile."""
    try:
        return path.read_bytes()
    except OSError:
        return b""
