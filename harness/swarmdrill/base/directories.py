"""Directories in places where others may write: made, opened and removed so that nobody else's is taken for ours."""

import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import said

MOUNTS = Path("/proc/self/mounts")
_DIRECTORY = os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def own_directory(path: Path, mode: int) -> None:
    """Make the directory where it is not there.

    Raises LabBroken where it belongs to somebody else, is no directory, or others may write to it.
    """
    with suppress(FileExistsError):
        path.mkdir(mode=mode)
    found = path.lstat()
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
        raise LabBroken(said("{path} was made by somebody else: remove it", path=path))


@contextmanager
def opened(path: Path) -> Iterator[int]:
    """A descriptor of the directory `path`, which is absolute and has no link in any part of it.

    Raises OSError, with the part in `filename`, where a part is a link, is no directory, or cannot be entered.
    """
    descriptor = os.open("/", os.O_PATH | _DIRECTORY)
    try:
        for depth, part in enumerate(path.parts[1:], start=2):
            last = depth == len(path.parts)
            deeper = _open_below(descriptor, part, Path(*path.parts[:depth]), os.O_RDONLY if last else os.O_PATH)
            os.close(descriptor)
            descriptor = deeper
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def opened_in(parent: int, path: Path) -> Iterator[int]:
    """A descriptor of the directory `path` in the directory `parent`, which is open. Raises as `opened` does."""
    descriptor = _open_below(parent, path.name, path, os.O_RDONLY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _open_below(parent: int, name: str, path: Path, mode: int) -> int:
    try:
        return os.open(name, mode | _DIRECTORY, dir_fd=parent)
    except OSError as problem:
        said = problem.strerror
        with suppress(OSError):
            if stat.S_ISLNK(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode):
                said = "is a link"
        raise OSError(problem.errno, said, str(path)) from None


def empty(directory: int) -> None:
    """Remove all that is in the open directory. No link is followed. Raises OSError."""
    for name in os.listdir(directory):
        if stat.S_ISDIR(os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode):
            shutil.rmtree(name, dir_fd=directory)
        else:
            os.unlink(name, dir_fd=directory)


def remove_own(path: Path) -> None:
    """Remove the directory with all that is in it, if there is one, if this user owns it, and if it is no link."""
    with suppress(FileNotFoundError), opened(path.parent.resolve()) as parent:
        try:
            with opened_in(parent, path) as directory:
                if os.fstat(directory).st_uid != os.geteuid():
                    return
                empty(directory)
        except NotADirectoryError:
            return
        os.rmdir(path.name, dir_fd=parent)


def mounted_below(path: Path) -> bool:
    """Whether something is mounted on the directory or below it: what is there is somebody else's."""
    mounts = MOUNTS.read_bytes().splitlines()
    places = (line.split()[1].decode("unicode_escape").encode("latin-1") for line in mounts)
    return any(place == os.fsencode(path) or place.startswith(os.fsencode(path) + b"/") for place in places)


def owner(user: int) -> str:
    """The name of the user with that id, or the id where it has no name here."""
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return f"user {user}"
