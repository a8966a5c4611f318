"""What proves that a directory is a lab of this product and of this user; nothing else is ever removed.

Containers, networks and volumes name the directory of their lab in a label, and a label says whatever somebody wrote
into it. So the directory has to agree. Every directory of labs has a number of its own, drawn once. A lab's id is made
from its name, its path and that number: another directory would give another id, also in another container with the
same path.
"""

import hashlib
import json
import os
import re
import secrets
import stat
from pathlib import Path

from swarmdrill.base import locks
from swarmdrill.base.directories import empty, mounted_below, opened, opened_in, owner
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import said

NUMBER = "identity"
PLAN = "lab.json"
_NUMBER = re.compile(rb"[0-9a-f]{16}\n")
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def settle(labs: Path) -> None:
    """Make the directory of labs, and draw its number, where it has none."""
    labs.mkdir(parents=True, exist_ok=True)
    if (labs / NUMBER).exists():
        return
    with locks.gate(labs):
        if not (labs / NUMBER).exists():  # no other process was first
            drawn = labs / f".{NUMBER}"
            drawn.write_text(f"{secrets.token_hex(8)}\n", encoding="ascii")
            drawn.replace(labs / NUMBER)


def lab_id(directory: Path) -> str:
    """The id of the lab that lives there, or would: its name and eight digits. It changes when `settle` draws."""
    try:
        number = (directory.parent / NUMBER).read_bytes()
    except OSError:
        number = b""
    return _id(directory, number)


def doubt(lab: str, directory: str) -> str:
    """Why the directory is not provably that of lab `lab` and this user's; empty when it is.

    A lab whose directory is gone already is proven by the directory of labs that it was in. A lab without a plan that
    can be read is one that was cut off while it was made: its lock file is beside it, or it is empty still.
    """
    path = Path(directory)
    if not path.is_absolute() or path.parent == path or os.path.normpath(directory) != directory or "//" in directory:
        return said("that is no absolute path in its plain form")
    if not directory.isprintable():
        return said("that path has characters that cannot be shown")
    try:
        with opened(path.parent) as labs:
            return _doubt(lab, path, labs)
    except OSError as problem:
        return _told(problem)


def delete(lab: str, directory: Path) -> None:
    """Remove the lab's directory, which is proven again on what is then removed. Raises LabBroken."""
    try:
        with opened(directory.parent) as labs:
            with opened_in(labs, directory) as inside:
                if reason := _doubt_inside(lab, directory, labs, inside):
                    raise LabBroken(said("{path} is not removed: {reason}", path=directory, reason=reason))
                empty(inside)
            os.rmdir(directory.name, dir_fd=labs)
    except FileNotFoundError:
        return
    except OSError as problem:
        raise LabBroken(said("{path} cannot be removed: {reason}", path=directory, reason=_told(problem))) from None


def _id(directory: Path, number: bytes) -> str:
    unique = hashlib.sha256(os.fsencode(directory) + b"\0" + number).hexdigest()
    return f"{directory.name}-{unique[:8]}"


def _doubt(lab: str, path: Path, labs: int) -> str:
    number = _read(labs, NUMBER)
    if number is None or not _NUMBER.fullmatch(number):
        return said("{path} is no directory of labs", path=path.parent)
    if lab != (right := _id(path, number)):
        return said("the lab there is '{lab}'", lab=right)
    try:
        with opened_in(labs, path) as inside:
            return _doubt_inside(lab, path, labs, inside)
    except FileNotFoundError:
        return _doubt_owner(path.parent, labs)


def _doubt_inside(lab: str, path: Path, labs: int, inside: int) -> str:
    if reason := _doubt_owner(path, inside):
        return reason
    if mounted_below(path):
        return said("something is mounted below {path}", path=path)
    text = _read(inside, PLAN)
    try:
        plan = None if text is None else json.loads(text)
    except ValueError:  # it was cut off while it was written
        plan = None
    if plan is None:
        half_made = _is_file(labs, f"{path.name}.lock") or not os.listdir(inside)
        return "" if half_made else said("{path} has neither a plan nor a lock beside it", path=path)
    named = plan.get("id") if isinstance(plan, dict) else None
    return "" if named == lab else said("{path} is the plan of '{lab}'", path=path / PLAN, lab=str(named))


def _doubt_owner(path: Path, descriptor: int) -> str:
    user = os.fstat(descriptor).st_uid
    return "" if user == os.geteuid() else said("{path} belongs to {owner}", path=path, owner=owner(user))


def _read(directory: int, name: str) -> bytes | None:
    """The content of the file in the open directory; None where there is none. Raises OSError where it is a link."""
    try:
        descriptor = os.open(name, _FILE, dir_fd=directory)
    except FileNotFoundError:
        return None
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return file.read()


def _is_file(directory: int, name: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode)
    except FileNotFoundError:
        return False


def _told(problem: OSError) -> str:
    if isinstance(problem, FileNotFoundError):
        return said("{path} does not exist here", path=str(problem.filename))
    return said("{path}: {problem}", path=str(problem.filename), problem=str(problem.strerror))
