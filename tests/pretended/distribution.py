"""A package that is pretended to be installed: its entry points are found, and its modules can be imported."""

import sys
from pathlib import Path
from types import ModuleType

import pytest


def install(directory: Path, monkeypatch: pytest.MonkeyPatch, *, group: str, points: str, code: str = "") -> None:
    """Install the package `theirs` in `directory`: `points` are lines `name = theirs:ATTRIBUTE` of the group."""
    about = directory / "theirs-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{group}]\n{points}\n")
    (directory / "theirs.py").write_text(code)
    monkeypatch.syspath_prepend(str(directory))
    # The one of an earlier test is forgotten, and this one is when its test ends.
    monkeypatch.setitem(sys.modules, "theirs", ModuleType("theirs"))
    monkeypatch.delitem(sys.modules, "theirs")
