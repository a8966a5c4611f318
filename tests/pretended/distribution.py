"""A package that is pretended to be installed: its entry points are found, and its modules can be imported."""

import sys
from pathlib import Path
from types import ModuleType

import pytest


def install(
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    group: str,
    points: str,
    code: str = "",
    package: str = "theirs",
) -> None:
    """Install the package in `directory`: `points` are lines `name = theirs:ATTRIBUTE` of the group."""
    about = directory / f"{package}-1.0.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text(f"[{group}]\n{points}\n")
    (directory / f"{package}.py").write_text(code)
    monkeypatch.syspath_prepend(str(directory))
    # The one of an earlier test is forgotten, and this one is when its test ends.
    monkeypatch.setitem(sys.modules, package, ModuleType(package))
    monkeypatch.delitem(sys.modules, package)
