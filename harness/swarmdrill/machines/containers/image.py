"""Build the container image of a node from Debian packages, once per content."""

from pathlib import Path

from swarmdrill.base import programs, trace
from swarmdrill.host.host import Host
from swarmdrill.machines.build import rootfs, sandbox
from swarmdrill.machines.build.releases import EngineRelease

LABEL = "swarmdrill.image"


def _recipe(release: EngineRelease) -> rootfs.Recipe:
    return rootfs.Recipe(
        (*rootfs.NODE_PACKAGES, "e2fsprogs", *release.packages),
        overlays=("common", "container"),
        hooks=("systemd-build", "container-build"),
    )


def tag(release: EngineRelease) -> str:
    """Name of the node image for `release`; it changes whenever anything that goes into it does."""
    return f"swarmdrill/node:{release.version}-{rootfs.digest(release, _recipe(release), [Path(__file__)])}"


def ensure(release: EngineRelease, host: Host) -> str:
    """Return the tag of the node image, building it first where the host's engine has none of that content.

    Takes about 40 s with warm package mirrors. Raises UsageProblem when a tool is missing, LabBroken
    with the last lines of the build when it fails.
    """
    name = tag(release)
    if not is_built(name, host):
        with sandbox.turn() as scratch:
            if not is_built(name, host):  # nobody else built it meanwhile
                with trace.phase("build the node image for Docker {version}", version=release.version):
                    _build(release, name, scratch, host)
    return name


def is_built(name: str, host: Host) -> bool:
    """Whether the host's engine has the image."""
    return host.run(host.docker_command("image", "inspect", name), timeout=programs.CALL_SECONDS).ok


def _build(release: EngineRelease, name: str, scratch: Path, host: Host) -> None:
    node = rootfs.machine(release, _recipe(release), scratch)
    changes = ('CMD ["/usr/local/sbin/node-init"]', f"LABEL {LABEL}=node")
    sandbox.run(host.docker_command("import", *(f"--change={change}" for change in changes), str(node), name))
