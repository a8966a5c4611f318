"""Is there memory and disk on this host for a lab's machines?"""

import os
import shutil
import tempfile
from pathlib import Path

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said

MEMINFO = Path("/proc/meminfo")
# Outputs of commands and the page of a whole catalogue (4 MB), several times.
SCRATCH_BYTES = 50_000_000


def memory(field: str) -> int:
    """A field of /proc/meminfo in bytes: `MemTotal`, or `MemAvailable`, which is what programs can have now."""
    fields = dict(line.split(":") for line in MEMINFO.read_text().splitlines())
    return int(fields[field].split()[0]) * 1024


def require_memory(machines: int, megabytes: int) -> None:
    """Raise UsageProblem unless this host has that much memory available for each machine."""
    available = memory("MemAvailable")
    needed = machines * megabytes * 1_048_576
    if available < needed:
        raise UsageProblem(
            said(
                "{available:.1f} GB of memory are available; {machines} machines need {needed:.1f} GB",
                available=available / 1e9,
                machines=machines,
                needed=needed / 1e9,
            )
        )


def require_disk(directory: Path, machines: int, bytes_each: int) -> None:
    """Raise UsageProblem unless the file system of `directory`, which need not exist yet, has room for each machine."""
    there = next(path for path in (directory, *directory.parents) if path.exists())
    free, needed = shutil.disk_usage(there).free, machines * bytes_each
    if free < needed:
        raise UsageProblem(
            said(
                "{there} has {free:.1f} GB free; {machines} machines need {needed:.1f} GB: free some space",
                there=there,
                free=free / 1e9,
                machines=machines,
                needed=needed / 1e9,
            )
        )


def require_scratch() -> None:
    """Raise UsageProblem unless there is room for temporary files: sockets, records of calls, pages in the making."""
    place, wanted = _scratch(), os.environ.get("TMPDIR")
    if wanted and place != Path(wanted).absolute():
        raise UsageProblem(
            said(
                "TMPDIR={directory} cannot be written: free some space in it, or set TMPDIR to another directory",
                directory=wanted,
            )
        )
    # What Python takes last, where all others are full or read-only: nobody wants sockets in a repository.
    if place is None or (not wanted and place == Path.cwd()):
        raise UsageProblem(
            said("no directory for temporary files can be written: free some space in /tmp, or set TMPDIR")
        )
    free = shutil.disk_usage(place).free
    if free < SCRATCH_BYTES:
        raise UsageProblem(
            said(
                "{place} has {free:.0f} MB free for temporary files, {needed:.0f} are needed: "
                "free some space, or set TMPDIR to another directory",
                place=place,
                free=free / 1e6,
                needed=SCRATCH_BYTES / 1e6,
            )
        )


def _scratch() -> Path | None:
    """The directory that Python takes for temporary files; None where it can write to none."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        return None
