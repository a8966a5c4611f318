"""A directory whose name can be guessed is used, and removed, only where nobody else made it."""

import os
from pathlib import Path

import pytest

from swarmdrill.base import directories
from swarmdrill.base.directories import mounted_below, own_directory, remove_own
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


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A directory with something in it."""
    (tmp_path / "ours" / "manager1").mkdir(parents=True)
    (tmp_path / "ours" / "manager1" / "stdout").touch()
    return tmp_path / "ours"


def test_it_is_removed_with_all_that_is_in_it_and_it_may_be_gone(ours: Path) -> None:
    for _ in range(2):
        remove_own(ours)
        assert not ours.exists()


def test_that_of_another_user_is_not_removed(ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may remove it all the same, root above all, does not: it is this process that is another user's here."""
    another = os.geteuid() + 1
    with monkeypatch.context() as pretended:
        pretended.setattr(os, "geteuid", lambda: another)
        remove_own(ours)
    assert (ours / "manager1" / "stdout").exists()


def test_what_a_link_names_is_not_removed_and_the_link_stays(ours: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(ours)
    remove_own(link)
    assert link.is_symlink()
    assert (ours / "manager1" / "stdout").exists()


@pytest.mark.parametrize(
    ("place", "below"),
    [
        ("{ours}", True),
        ("{ours}/manager1/disk", True),
        ("{ours}2", False),
        ("{parent}", False),
        ("/", False),
        ("/elsewhere{ours}", False),
    ],
)
def test_what_is_mounted_on_it_or_below_it_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, below: bool
) -> None:
    """The kernel writes blanks, tabs, line breaks and backslashes as octal numbers, and the rest as bytes (proc(5))."""
    ours = tmp_path / "a b\t\\ü"
    path = place.format(ours=ours, parent=tmp_path)
    for character in "\\ \t\n":
        path = path.replace(character, f"\\{ord(character):03o}")
    monkeypatch.setattr(directories, "MOUNTS", tmp_path / "mounts")
    (tmp_path / "mounts").write_text(f"proc /proc proc rw 0 0\n/dev/vdb1 {path} ext4 rw,relatime 0 0\n")
    assert mounted_below(ours) is below
