"""Processes that a dead run left on this host: find them and end them."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from swarmdrill.base.errors import ConditionNotMet, LabBroken
from swarmdrill.base.messages import said
from swarmdrill.base.waiting import Answer, Done, NotYet, wait_until

# In the environment of every process that a lab's run starts, with what the lab drew for it. SWARMDRILL_LAB proves
# nothing: people set it by hand, and a shell that has it is theirs.
MARK = "SWARMDRILL_MARK"
KILL_SECONDS = 10
PROC = Path("/proc")


def end_processes(mark: str) -> None:
    """End the processes that a lab's run started (Vagrant and its children) and that outlived it.

    They are known by `mark` in their environment, which nobody else has. Docker clients are left to finish: what
    they asked of the engine happens in any case, and has to be over before somebody looks for what is there.
    After 10 s all that are left get SIGKILL. Raises LabBroken where one stays all the same.
    """

    def gone() -> Answer[None]:
        left = processes(mark)
        return (
            NotYet(said("still there: {left:,}", left=[f"{pid} {name}" for pid, name in left.items()]))
            if left
            else Done(None)
        )

    for sent, spared in ((signal.SIGTERM, "docker"), (signal.SIGKILL, "")):
        for pid, name in processes(mark).items():
            if name != spared:
                _send(pid, sent, mark)
        try:
            wait_until(said("the lab's processes end"), gone, timeout=KILL_SECONDS)
        except ConditionNotMet as problem:
            left = problem
        else:
            return
    raise LabBroken(said("processes of a lab that is removed do not end: {left}", left=left))


def processes(mark: str) -> dict[int, str]:
    """Names of the processes with the mark by process id, this process and all above it left out."""
    ancestors = _ancestors()
    found = {}
    for path in PROC.glob("[0-9]*"):
        pid = int(path.name)
        if pid not in ancestors and _has(pid, mark):
            with suppress(OSError):  # it ended meanwhile
                found[pid] = (path / "comm").read_text().strip()
    return found


def _has(pid: int, mark: str) -> bool:
    try:
        return f"{MARK}={mark}".encode() in (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:  # it ended meanwhile, or it is another user's
        return False


def _send(pid: int, number: signal.Signals, mark: str) -> None:
    """Send the signal to the process that has the mark, and to no other that got its id meanwhile."""
    with suppress(ProcessLookupError):
        descriptor = os.pidfd_open(pid)
        try:
            if _has(pid, mark):
                signal.pidfd_send_signal(descriptor, number)
        finally:
            os.close(descriptor)


def _ancestors() -> set[int]:
    """This process and all above it: `release` runs inside the Vagrant that it must not end."""
    pids, pid = set(), os.getpid()
    while pid > 0:
        pids.add(pid)
        status = (PROC / str(pid) / "stat").read_text()
        pid = int(status.rpartition(")")[2].split()[1])
    return pids
