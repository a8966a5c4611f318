"""A directory whose name can be guessed is used only where nobody else made it."""

from pathlib import Path

import pytest

from swarmdrill.base.directories import own_directory
from swarmdrill.base.errors import LabBroken


def test_it_is_made_once(tmp_path: Path) -> None:
    for _ in range(2):
        own_directory(tmp_path / "ours", 0o700)
    assert (tmp_path / "ours").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("planted", ["a file", "a link to nowhere", "a link to a directory", "writable by others"])
def test_what_was_planted_is_refused(tmp_path: Path, planted: str) -> None:
    path = tmp_path / "ours"
    if planted == "a file":
        path.touch()
    elif planted == "writable by others":
        path.mkdir()
        path.chmod(0o777)
    else:
        path.symlink_to(tmp_path if "directory" in planted else tmp_path / "nowhere")
    with pytest.raises(LabBroken, match="was made by somebody else: remove it"):
        own_directory(path, 0o700)
