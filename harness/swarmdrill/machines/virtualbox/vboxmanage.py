"""The VirtualBox client: one call with a time-out, its errors as the harness's, and what it prints of machines."""

import re
import shutil
import time

from swarmdrill.base.programs import CALL_SECONDS, ClientFailed, call

PROGRAM = "VBoxManage"
LONG_SECONDS = 300
# A machine that was just ended stays locked for a moment by the process that ran it.
UNLOCK_SECONDS = 30
UNLOCK_INTERVAL = 0.5
LOCKED = re.compile("already locked|while it is locked")


def vboxmanage(*arguments: str, timeout: float = CALL_SECONDS) -> str:
    """Run the VirtualBox client, and return what it prints.

    `timeout` in seconds. Raises ClientFailed with the command and what it said.
    """
    return call(PROGRAM, *arguments, timeout=timeout)


def unlocked(*arguments: str, timeout: float = CALL_SECONDS) -> str:
    """As `vboxmanage`, tried again for up to 30 s while the process of an ended machine still locks it."""
    deadline = time.monotonic() + UNLOCK_SECONDS
    while True:
        try:
            return vboxmanage(*arguments, timeout=timeout)
        except ClientFailed as problem:
            if not LOCKED.search(problem.words) or time.monotonic() > deadline:
                raise
        time.sleep(UNLOCK_INTERVAL)


def version() -> str:
    """What the client says of its version and of the kernel's drivers; empty where it is absent or does not work."""
    if shutil.which(PROGRAM) is None:
        return ""
    try:
        return vboxmanage("--version")
    except ClientFailed:
        return ""


def machines() -> list[str]:
    """The names of all machines of this user; one whose files are gone has none and is left out."""
    return re.findall(r'^"(.+)" \{[0-9a-f-]+\}$', vboxmanage("list", "vms"), re.MULTILINE)


def state(machine: str) -> str:
    """The state of a machine as VirtualBox names it: running, paused, saved, poweroff, aborted, ..."""
    return _value(r'^VMState="(.*)"$', vboxmanage("showvminfo", machine, "--machinereadable"))


def snapshots(machine: str) -> list[str]:
    """The names of a machine's snapshots."""
    shown = vboxmanage("showvminfo", machine, "--machinereadable")
    return re.findall(r'^SnapshotName[-0-9]*="(.*)"$', shown, re.MULTILINE)


def extra_data(machine: str, key: str) -> str:
    """What is kept with a machine under `key`; empty when nothing is."""
    return _value(r"^Value: (.*)$", vboxmanage("getextradata", machine, key))


def machine_folder() -> str:
    """The directory in which this user's machines are made."""
    return _value(r"^Default machine folder: +(.*)$", vboxmanage("list", "systemproperties"))


def _value(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else ""
