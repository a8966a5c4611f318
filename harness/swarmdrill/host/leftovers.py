"""Processes that a dead run left on this host: find them and end them."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from swarmdrill.base.errors import ConditionNotMet, LabBroken
from swarmdrill.base.messages import said
from swarmdrill.base.waiting import Answer, Done, NotYet, wait_until

KILL_SECONDS = 10


def end_processes(directory: Path) -> None:
    """End the processes that a lab's run started (Vagrant and its children) and that outlived it.

    They are known by SWARMDRILL_LAB in their environment. Docker clients are left to finish: what they asked
    of the engine happens in any case, and has to be over before somebody looks for what is there.
    After 10 s all that are left get SIGKILL.
    """

    def gone() -> Answer[None]:
        left = _processes(directory)
        return (
            NotYet(said("still there: {left:,}", left=[f"{pid} {name}" for pid, name in left.items()]))
            if left
            else Done(None)
        )

    for sent, spared in ((signal.SIGTERM, "docker"), (signal.SIGKILL, "")):
        for pid, name in _processes(directory).items():
            if name != spared:
                with suppress(ProcessLookupError):
                    os.kill(pid, sent)
        try:
            wait_until(said("the lab's processes end"), gone, timeout=KILL_SECONDS)
        except ConditionNotMet as problem:
            left = problem
        else:
            return
    raise LabBroken(said("{directory}: {left}", directory=directory, left=left))


def _processes(directory: Path) -> dict[int, str]:
    """Names of the processes of the lab by process id, this process and all above it left out."""
    marker = f"SWARMDRILL_LAB={directory}".encode()
    ancestors = _ancestors()
    found = {}
    for path in Path("/proc").glob("[0-9]*/environ"):
        pid = int(path.parent.name)
        if pid in ancestors:
            continue
        with suppress(OSError):  # it ended meanwhile, or it is another user's
            if marker in path.read_bytes().split(b"\0"):
                found[pid] = path.with_name("comm").read_text().strip()
    return found


def _ancestors() -> set[int]:
    """This process and all above it: `release` runs inside the Vagrant that it must not end."""
    pids, pid = set(), os.getpid()
    while pid > 0:
        pids.add(pid)
        status = Path(f"/proc/{pid}/stat").read_text()
        pid = int(status.rpartition(")")[2].split()[1])
    return pids
