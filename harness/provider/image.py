"""Build the container image of a node from Debian packages, once per content."""

import fcntl
import subprocess
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import trace
from harness.config import STATE_DIR
from harness.provider import rootfs
from harness.provider.engines import EngineRelease

LABEL = "swarmdrill.image"
NODE_PACKAGES = (
    "ca-certificates",
    "curl",
    "iproute2",
    "iptables",
    "openssh-server",
    "procps",
)


def _recipe(release: EngineRelease) -> rootfs.Recipe:
    return rootfs.Recipe(NODE_PACKAGES + release.packages, overlays=("common", "container"))


def tag(release: EngineRelease) -> str:
    """Name of the node image for `release`; it changes whenever anything that goes into it does."""
    return f"swarmdrill/node:{release.version}-{rootfs.digest(release, _recipe(release), [Path(__file__)])}"


def ensure(release: EngineRelease) -> str:
    """Return the tag of the node image, building it first where this host has none of that content.

    Takes about 40 s with warm package mirrors. Raises UsageProblem when a tool is missing, LabBroken
    with the last lines of the build when it fails.
    """
    name = tag(release)
    STATE_DIR.mkdir(exist_ok=True)
    with (STATE_DIR / "image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be building it: then it is there in a minute
        found = subprocess.run(["docker", "image", "inspect", name], capture_output=True, timeout=60, check=False)
        if found.returncode != 0:
            with (
                trace.phase(f"build the node image for Docker {release.version}"),
                tempfile.TemporaryDirectory(prefix="swarmdrill-image-") as scratch,
            ):
                _build(release, name, Path(scratch))
    return name


def _build(release: EngineRelease, name: str, scratch: Path) -> None:
    """Bootstrap node and workload at the same time, put the one into the other, and import it."""
    node = scratch / "node.tar"
    with ThreadPoolExecutor() as pool:
        bootstrapped = pool.submit(rootfs.bootstrap, release, _recipe(release), node)
        workload = pool.submit(rootfs.workload_archive, release, scratch)
    bootstrapped.result()
    with tarfile.open(node, "a") as root:
        root.add(workload.result(), arcname="./usr/share/swarmdrill/workload.tar")
    changes = ('CMD ["/usr/local/sbin/node-init"]', f"LABEL {LABEL}=node")
    rootfs.run(["docker", "import", *(f"--change={change}" for change in changes), str(node), name])
