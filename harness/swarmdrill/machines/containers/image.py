"""Build the container image of a node from Debian packages, once per content."""

from pathlib import Path

from swarmdrill.base import programs, trace
from swarmdrill.host import client
from swarmdrill.machines.build import rootfs, sandbox
from swarmdrill.machines.build.releases import EngineRelease

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
    if not is_built(name):
        with sandbox.turn() as scratch:
            if not is_built(name):  # nobody else built it meanwhile
                with trace.phase("build the node image for Docker {version}", version=release.version):
                    _build(release, name, scratch)
    return name


def is_built(name: str) -> bool:
    """Whether this host has the image."""
    return programs.run([client.path(), "image", "inspect", name], timeout=programs.CALL_SECONDS).ok


def _build(release: EngineRelease, name: str, scratch: Path) -> None:
    node = rootfs.machine(release, _recipe(release), scratch)
    changes = ('CMD ["/usr/local/sbin/node-init"]', f"LABEL {LABEL}=node")
    sandbox.run([client.path(), "import", *(f"--change={change}" for change in changes), str(node), name])
