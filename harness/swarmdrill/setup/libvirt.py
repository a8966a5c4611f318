"""This host's libvirt: use the one that answers, else start the one that is installed."""

import grp
import os
import socket
from collections.abc import Sequence
from pathlib import Path

from swarmdrill.base import places
from swarmdrill.base.messages import said
from swarmdrill.base.settings import how_to
from swarmdrill.host import tools
from swarmdrill.host.libvirt import URI, ask, machines
from swarmdrill.setup import service, steps
from swarmdrill.setup.daemon import Daemon

STATE = "hypervisor"
# Keeps QEMU's logs, and libvirtd starts no machine without it (libvirt.org/manpages/virtlogd.html).
VIRTLOGD_SOCKET = Path("/run/libvirt/virtlogd-sock")
KVM = Path("/dev/kvm")
_STOP_SECONDS = 60


def start(daemons: Sequence[Daemon] | None = None) -> None:
    """Have a libvirt that answers, starting the installed one where none does.

    With systemd its units; else virtlogd and libvirtd themselves. Raises UserMustAct when this user may not
    start or use it, StepFailed when it does not come up; nothing that was started is left running then.
    """
    answer = ask()
    if answer.forbidden:
        raise steps.UserMustAct(_JOIN_GROUP)
    if not answer.error:
        return
    service.start(said("libvirt"), _units(), lambda: _launch(_daemons(daemons)))
    answer = ask()
    if answer.forbidden:
        raise steps.UserMustAct(_JOIN_GROUP)
    if answer.error:
        raise steps.StepFailed(
            said("virsh --connect {uri} uri\n  libvirt was started, but: {error}", uri=URI, error=answer.error)
        )


def started_by_us(daemons: Sequence[Daemon] | None = None) -> bool:
    """Whether a daemon of libvirt runs that this checkout's set-up started itself (a unit is the system's)."""
    return any(daemon.pid() is not None for daemon in _daemons(daemons))


def stop(daemons: Sequence[Daemon] | None = None) -> bool:
    """Stop the libvirt that the set-up of this checkout started, and no other; return whether it was stopped.

    It stays while any virtual machine runs, whoever's that is: without libvirt nobody could manage it.
    Waits for its end. Raises StepFailed when it does not end within 60 s.
    """
    if not started_by_us(daemons) or machines():
        return False
    # libvirtd first, as it uses virtlogd.
    for daemon in reversed(_daemons(daemons)):
        daemon.stop(timeout=_STOP_SECONDS)
    return True


_JOIN_GROUP = said(
    "libvirt runs, and this user may not use it: join its group, then run `{setup}` again:\n"
    '  sudo usermod -aG libvirt "$USER" && newgrp libvirt',
    setup=how_to("setup", "libvirt"),
)


def _units() -> tuple[str, ...]:
    """One daemon for everything, as in Debian, or one for each driver (libvirt.org/daemons.html)."""
    drivers = ("libvirtd",) if tools.find("libvirtd") else ("virtqemud", "virtnetworkd", "virtstoraged")
    return ("virtlogd", *drivers)


def _daemons(given: Sequence[Daemon] | None) -> Sequence[Daemon]:
    return given or [Daemon(tools.find(name) or name, places.state() / STATE) for name in ("virtlogd", "libvirtd")]


def _launch(daemons: Sequence[Daemon]) -> None:
    share_kvm()
    virtlogd, libvirtd = daemons
    if not _listens(VIRTLOGD_SOCKET):
        virtlogd.start(lambda: _listens(VIRTLOGD_SOCKET), timeout=service.START_SECONDS)
    try:
        libvirtd.start(lambda: not ask().error, timeout=service.START_SECONDS)
    except steps.StepFailed:
        virtlogd.stop(timeout=_STOP_SECONDS)
        raise


def share_kvm() -> None:
    """Give /dev/kvm to its group, as udev does (50-udev-default.rules), where no udev has done it.

    Where only root may open it, libvirtd may and the user that it runs QEMU as may not. Then libvirt 9.0 finds what it
    knows of QEMU out of date at every call, and asks QEMU again: 4 s each, minutes for a lab.
    """
    try:
        owner = grp.getgrnam("kvm").gr_gid
        status = KVM.stat()
    except (KeyError, FileNotFoundError):
        return
    if status.st_gid == owner and status.st_mode & 0o060 == 0o060:
        return
    with steps.step("give {device} to the group kvm", device=KVM):
        os.chown(KVM, -1, owner)
        KVM.chmod(0o660)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(os.fspath(path)) == 0
