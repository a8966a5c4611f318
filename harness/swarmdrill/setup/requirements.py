"""The table of what a provider needs on this machine: what for, how it is found, and what provides it."""

import importlib
import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from swarmdrill.base import places
from swarmdrill.host import acceleration, client, engine, inotify, libvirt, qemu, tools, virtualbox
from swarmdrill.host.host import AUTO, Host, this_host
from swarmdrill.host.tools import ToolFinding, Version
from swarmdrill.setup import (
    client as setup_client,
    engine as setup_engine,
    environment,
    generator,
    libvirt as setup_libvirt,
    virtualbox as setup_virtualbox,
)

# Vagrant 2.3: the oldest the Vagrantfile was run with. Node.js 20.19: `engines` of what Allure 3.18 needs.
VAGRANT = (2, 3)
NODE = (20, 19)
# The oldest it was run with.
VAGRANT_LIBVIRT = (0, 11)
# The first whose -d fills a file system (e2fsprogs' release notes).
MKE2FS = (1, 43)


@dataclass(frozen=True)
class Requirement:
    """One thing that must be there.

    `packages` are Debian packages that provide it, each a name or `a|b` for alternatives; `make` makes it
    instead. `optional` ones are left out, with a reason, when they cannot be had. `needs` names another
    requirement without which this one is of no use. `minimum` is for the first package's version, `because`
    says why: where the archive's is older, an optional requirement is left out, and another comes from backports.
    """

    name: str
    why: str
    examine: Callable[[], ToolFinding]
    packages: tuple[str, ...] = ()
    make: Callable[[], None] | None = None
    optional: bool = False
    needs: str = ""
    minimum: Version = ()
    because: str = ""


def _python() -> ToolFinding:
    version = platform.python_version()
    if places.CHECKOUT is None:
        return ToolFinding(version)
    # Debian splits venv off: without its package the module is there and cannot make an environment.
    importlib.invalidate_caches()
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        return ToolFinding(version, "this Python cannot make virtual environments")
    return ToolFinding(version)


def _environment() -> ToolFinding:
    """In a checkout `.venv`; installed from a wheel, the environment that it was installed into is there."""
    if places.CHECKOUT is None:
        return ToolFinding(f"Python {platform.python_version()} in {sys.prefix}")
    return environment.examine(places.CHECKOUT)


def _make_environment() -> None:
    if places.CHECKOUT is not None:
        environment.build(places.CHECKOUT)


def _of_own_engine(finding: ToolFinding, host: Host) -> ToolFinding:
    """What only an engine of this host needs is not missing where another one answers."""
    return ToolFinding("not needed, an engine answers") if not finding.ok and not engine.ask(host).error else finding


def _libvirtd() -> ToolFinding:
    found = tools.examine("libvirtd")
    # Where libvirt is one daemon for each driver there is none of that name.
    return ToolFinding("not needed, libvirt answers") if not found.ok and not libvirt.ask().error else found


def _vagrant_libvirt() -> ToolFinding:
    path = tools.find("vagrant")
    listed = tools.output([path, "plugin", "list"]) if path else ""
    version = next((line.split("(")[1] for line in listed.splitlines() if line.startswith("vagrant-libvirt (")), "")
    if tools.as_numbers(version) >= VAGRANT_LIBVIRT:
        return ToolFinding(tools.version_in(version) or version)
    needed = tools.dotted(VAGRANT_LIBVIRT)
    return ToolFinding(problem=f"Vagrant has no plugin vagrant-libvirt of version {needed} or later")


def _mmdebstrap() -> ToolFinding:
    found = tools.examine("mmdebstrap")
    if not found.ok:
        return found
    if not tools.DEBIAN_KEYRING.exists():
        return ToolFinding(found.version, f"{tools.DEBIAN_KEYRING} is missing")
    if os.geteuid() != 0 and tools.find("newuidmap") is None:
        return ToolFinding(found.version, "newuidmap is missing (for use without root)")
    return found


def _ssh() -> ToolFinding:
    return tools.examine("ssh", "-V")


def _node() -> ToolFinding:
    found = tools.examine("node", minimum=NODE)
    if found.ok and tools.find("npm") is None:
        return ToolFinding(found.version, "npm is missing")
    return found


# In the order in which they are made; the packages of all come before.
_ALWAYS: tuple[Requirement, ...] = (
    Requirement("Python", "runs the harness", _python, ("python3-venv",)),
    Requirement("Vagrant", "boots the machines", lambda: tools.examine("vagrant", minimum=VAGRANT), ("vagrant",)),
    Requirement(
        "Docker client",
        "talks to the engines",
        client.examine_any,
        ("docker-cli|docker.io",),
    ),
    Requirement(
        "docker in use", "is the client that is run, whatever PATH has", client.examine, make=setup_client.choose
    ),
    Requirement("iproute2", "finds a free subnet", lambda: tools.examine("ip", "-V"), ("iproute2",)),
    Requirement("OpenSSH client", "reaches the machines", _ssh, ("openssh-client",)),
    Requirement(
        "mmdebstrap",
        "builds the machines' root file system from Debian packages",
        _mmdebstrap,
        ("mmdebstrap", "debian-archive-keyring", *(("uidmap",) if os.geteuid() != 0 else ())),
    ),
    Requirement("Node.js", "runs the report's generator", _node, ("nodejs", "npm"), optional=True, minimum=NODE),
    Requirement("Python environment", "has the harness and what it needs", _environment, make=_make_environment),
    Requirement(
        "report generator",
        "makes the HTML report",
        generator.examine,
        make=generator.install,
        optional=True,
        needs="Node.js",
    ),
)


# Only who has the tests needs it.
_CHECKOUT = (
    Requirement(
        "bubblewrap",
        "keeps this project's unit tests away from this host",
        lambda: tools.examine("bwrap"),
        ("bubblewrap",),
        optional=True,
    ),
)


def _docker(docker_host: str) -> tuple[Requirement, ...]:
    """`docker_host` is as `this_host` takes it: which client there is, set-up itself may only just have chosen."""

    def dockerd() -> ToolFinding:
        return _of_own_engine(tools.examine("dockerd", minimum=engine.MINIMUM), this_host(docker_host))

    def iptables() -> ToolFinding:
        return _of_own_engine(tools.examine("iptables"), this_host(docker_host))

    return (
        Requirement("dockerd", "is this host's Docker Engine", dockerd, ("docker.io",)),
        Requirement("iptables", "connects machines that are containers", iptables, ("iptables",)),
        Requirement(
            "inotify instances",
            "let systemd run in many machines that are containers",
            inotify.examine,
            make=setup_engine.allow_many_machines,
            optional=True,
        ),
        Requirement(
            "Docker Engine",
            "runs machines that are containers",
            lambda: engine.examine(this_host(docker_host)),
            make=lambda: setup_engine.start(this_host(docker_host)),
        ),
    )


def _disks() -> tuple[Requirement, ...]:
    made = Requirement("mke2fs", "makes machines' disks", lambda: tools.examine("mke2fs", "-V", MKE2FS), ("e2fsprogs",))
    # mke2fs copies the owners of a directory's files, which without root are those that fakeroot remembers.
    owners = Requirement(
        "fakeroot", "keeps the owners of their files", lambda: tools.examine("fakeroot"), ("fakeroot",)
    )
    return (made,) if os.geteuid() == 0 else (made, owners)


def _libvirt() -> tuple[Requirement, ...]:
    found = acceleration.of_this_host()
    return (
        Requirement("libvirt client", "asks libvirt", lambda: tools.examine("virsh"), ("libvirt-clients",)),
        # It depends on iptables or nftables, whichever it works with.
        Requirement("libvirtd", "is this host's libvirt", _libvirtd, ("libvirt-daemon-system",)),
        Requirement("dnsmasq", "gives machines addresses", lambda: tools.examine("dnsmasq"), ("dnsmasq-base",)),
        Requirement(
            "QEMU",
            "runs virtual machines",
            lambda: qemu.examine(found),
            qemu.PACKAGES,
            minimum=qemu.minimum(found),
            because=qemu.because(found),
        ),
        *_disks(),
        Requirement(
            "vagrant-libvirt",
            "lets Vagrant use libvirt",
            _vagrant_libvirt,
            ("vagrant-libvirt",),
            minimum=VAGRANT_LIBVIRT,
        ),
        Requirement("libvirt", "manages virtual machines", libvirt.examine, make=setup_libvirt.start),
    )


def _virtualbox() -> tuple[Requirement, ...]:
    return (
        Requirement("qemu-img", "converts machines' disks", lambda: tools.examine("qemu-img"), ("qemu-utils",)),
        *_disks(),
        Requirement(
            "syslinux",
            "makes machines' disks start",
            virtualbox.examine_boot_loader,
            ("syslinux", "syslinux-common", "mtools", "dosfstools", "fdisk"),
        ),
        Requirement("VirtualBox", "runs virtual machines", virtualbox.examine, make=setup_virtualbox.demand),
    )


# The service comes last of each: whatever fails before, nothing is left running.
PROVIDERS: Mapping[str, Callable[[str], tuple[Requirement, ...]]] = {
    "docker": _docker,
    "libvirt": lambda _: _libvirt(),
    "virtualbox": lambda _: _virtualbox(),
}


def table(provider: str, docker_host: str = AUTO) -> tuple[Requirement, ...]:
    """Everything that drills with `provider` need on this machine, in the order in which it is made.

    What a provider needs that another package adds, only that package knows. `docker_host` is as `this_host` takes it.
    """
    own = PROVIDERS.get(provider)
    return (*_ALWAYS, *(_CHECKOUT if places.CHECKOUT else ()), *(own(docker_host) if own else ()))


def examine(table: Sequence[Requirement]) -> Mapping[str, ToolFinding]:
    """What there is of each requirement, by name, in the order of the table. Changes nothing."""
    # All at once: each starts a program or two, and the second set-up is to be done in a moment.
    with ThreadPoolExecutor(len(table)) as pool:
        findings = pool.map(lambda each: each.examine(), table)
        return {each.name: finding for each, finding in zip(table, findings, strict=True)}
