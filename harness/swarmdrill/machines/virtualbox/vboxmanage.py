"""The VirtualBox client of a host: a call with a time-out, its errors as the harness's, what it prints of machines."""

import re
import shutil
import time
from dataclasses import dataclass

from swarmdrill.base.programs import CALL_SECONDS, ClientFailed
from swarmdrill.host.host import Host

PROGRAM = "VBoxManage"
LONG_SECONDS = 300
# A machine that was just ended stays locked for a moment by the process that ran it.
UNLOCK_SECONDS = 30
UNLOCK_INTERVAL = 0.5
LOCKED = re.compile("already locked|while it is locked")


@dataclass(frozen=True)
class VBoxManage:
    """The client of a host."""

    host: Host

    def __call__(self, *arguments: str, timeout: float = CALL_SECONDS) -> str:
        """Run the VirtualBox client, and return what it prints.

        `timeout` in seconds. Raises ClientFailed with the command and what it said.
        """
        return self.host.call(PROGRAM, *arguments, timeout=timeout)

    def unlocked(self, *arguments: str, timeout: float = CALL_SECONDS) -> str:
        """As calling it, tried again for up to 30 s while the process of an ended machine still locks it."""
        deadline = time.monotonic() + UNLOCK_SECONDS
        while True:
            try:
                return self(*arguments, timeout=timeout)
            except ClientFailed as problem:
                if not LOCKED.search(problem.words) or time.monotonic() > deadline:
                    raise
            time.sleep(UNLOCK_INTERVAL)

    def version(self) -> str:
        """What the client says of its version and of the kernel's drivers; empty where it is absent or broken."""
        if shutil.which(PROGRAM) is None:
            return ""
        try:
            return self("--version")
        except ClientFailed:
            return ""

    def machines(self) -> list[str]:
        """The names of all machines of this user; one whose files are gone has none and is left out."""
        return re.findall(r'^"(.+)" \{[0-9a-f-]+\}$', self("list", "vms"), re.MULTILINE)

    def state(self, machine: str) -> str:
        """The state of a machine as VirtualBox names it: running, paused, saved, poweroff, aborted, ..."""
        return _value(r'^VMState="(.*)"$', self("showvminfo", machine, "--machinereadable"))

    def snapshots(self, machine: str) -> list[str]:
        """The names of a machine's snapshots."""
        shown = self("showvminfo", machine, "--machinereadable")
        return re.findall(r'^SnapshotName[-0-9]*="(.*)"$', shown, re.MULTILINE)

    def extra_data(self, machine: str, key: str) -> str:
        """What is kept with a machine under `key`; empty when nothing is."""
        return _value(r"^Value: (.*)$", self("getextradata", machine, key))

    def machine_folder(self) -> str:
        """The directory in which this user's machines are made."""
        return _value(r"^Default machine folder: +(.*)$", self("list", "systemproperties"))


def _value(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    return found.group(1).strip() if found else ""
