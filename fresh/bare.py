"""The root file system of a fresh machine: this host's Debian, and what the README says that a user brings."""

import hashlib
import platform
from pathlib import Path

from swarmdrill.base import trace
from swarmdrill.base.directories import own_directory
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.host.host import this_host
from swarmdrill.machines.build import rootfs, sandbox
from swarmdrill.machines.containers import image

# The README's words, "What it needs": a test compares them. sudo is for who is not root.
BRINGS = ("git", "make", "python3", "sudo")
LABEL = "swarmdrill.image=fresh"
# No service starts by itself when its package is installed (invoke-rc.d(8)): on a machine with systemd that happens,
# in a container it would depend on what Debian's script for containers without systemd may do there.
NO_SERVICES = 'printf \'#!/bin/sh\\nexit 101\\n\' > "$1/usr/sbin/policy-rc.d"; chmod 755 "$1/usr/sbin/policy-rc.d"'
# Of mmdebstrap, and of this host's apt, whose place the machine's own configuration takes.
TRACES = ("etc/apt/apt.conf.d/99mmdebstrap", "etc/apt/sources.list", "var/cache/apt/*", "var/lib/apt/lists/*")


def release() -> str:
    """The code name of this host's Debian, `bookworm`. Raises UsageProblem where this is another system."""
    try:
        system = platform.freedesktop_os_release()
    except OSError:
        system = {}
    if system.get("ID") != "debian" or "VERSION_CODENAME" not in system:
        name = system.get("PRETTY_NAME", "an unknown system")
        raise UsageProblem(
            said("a fresh machine is made of this host's Debian release, and this host is {system}", system=name)
        )
    return system["VERSION_CODENAME"]


def _options() -> tuple[str, ...]:
    """The options of mmdebstrap. Recommended packages stay out of this tree; the machine's own apt has its default."""
    return (
        "--quiet",
        "--variant=minbase",
        f"--include={','.join(BRINGS)}",
        '--aptopt=Apt::Install-Recommends "false"',
        f"--customize-hook={NO_SERVICES}",
        "--customize-hook=rm -rf " + " ".join(f'"$1"/{path}' for path in TRACES),
    )


def tag() -> str:
    """Name of the image; it changes whenever anything does that it is made from, but the versions in the archive."""
    content = hashlib.sha256(repr(_options()).encode() + Path(__file__).read_bytes())
    return f"swarmdrill/fresh:{release()}-{content.hexdigest()[:12]}"


def ensure() -> str:
    """Return the tag of the image, made first where this host has none of that content; takes about 30 s then.

    Raises UsageProblem where this host is not Debian, LabBroken with the end of what mmdebstrap said when it fails.
    """
    name = tag()
    if not image.is_built(name, this_host()):
        with sandbox.turn() as scratch, trace.phase("make a bare Debian {release}", release=release()):
            _make(name, scratch)
    return name


def _make(name: str, scratch: Path) -> None:
    work = sandbox.work()
    own_directory(work, 0o755)
    tree = scratch / "bare.tar"
    sandbox.run(
        [
            *("env", f"TMPDIR={work}", "mmdebstrap", *_options()),
            f"--keyring={rootfs.trusted_keys()}",
            *(release(), str(tree), *rootfs.archive()),
        ]
    )
    sandbox.run(this_host().docker_command("import", f"--change=LABEL {LABEL}", str(tree), name))
