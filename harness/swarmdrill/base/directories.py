"""Directories with names that can be guessed, in a place where everybody may make some."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import said


def own_directory(path: Path, mode: int) -> None:
    """Make the directory where it is not there.

    Raises LabBroken where it belongs to somebody else, is no directory, or others may write to it.
    """
    with suppress(FileExistsError):
        path.mkdir(mode=mode)
    found = path.lstat()
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o022:
        raise LabBroken(said("{path} was made by somebody else: remove it", path=path))
