"""`python3 fresh/left_behind.py [--engine-stays]`: name what `make clean` left here; exit status 1 if it did.

Runs on the fresh machine as root, on a bare Python.
"""

import subprocess
import sys
from pathlib import Path


def processes() -> list[str]:
    """Names of running engines, and of processes in labs."""
    found = []
    for status in Path("/proc").glob("[0-9]*/comm"):
        try:
            name = status.read_text().strip()
        except OSError:  # it ended meanwhile
            continue
        if name in ("dockerd", "containerd", "containerd-shim", "vagrant", "libvirtd"):
            found.append(f"process {status.parent.name} {name}")
    return found


def paths() -> list[str]:
    """State in the checkout, and what is made in temporary directories."""
    temporary = [path for place in ("tmp", "var/tmp", "var/tmp/*") for path in Path("/").glob(f"{place}/swarmdrill-*")]
    return [str(path) for path in (*temporary, Path(".swarmdrill"), Path(".vagrant")) if path.exists()]


def in_engine() -> list[str]:
    """What an engine that stays has: containers, volumes, networks of its own making, images."""
    kinds = {
        "container": ("ps", "--all", "--format", "{{.Names}}"),
        "volume": ("volume", "ls", "--format", "{{.Name}}"),
        "network": ("network", "ls", "--filter", "type=custom", "--format", "{{.Name}}"),
        "image": ("images", "--all", "--format", "{{.Repository}}:{{.Tag}}"),
    }
    return [
        f"{kind} {name}"
        for kind, words in kinds.items()
        for name in subprocess.run(["docker", *words], capture_output=True, text=True, check=True).stdout.splitlines()
    ]


def on_disk() -> list[str]:
    """The images of an engine that was stopped."""
    lists = Path("/var/lib/docker/image").glob("*/repositories.json")
    return [f"image in {path}" for path in lists if "swarmdrill" in path.read_text()]


def main(arguments: list[str]) -> int:
    """Print a line for each thing that is left."""
    left = [*paths(), *(in_engine() if "--engine-stays" in arguments else [*processes(), *on_disk()])]
    for each in left:
        print(f"left behind: {each}")
    print("nothing is left" if not left else f"{len(left)} left behind")
    return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
