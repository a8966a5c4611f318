"""Pretended programs for tests of what calls programs: a PATH with nothing else on it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from swarmdrill.host import tools

Shim = Callable[[str, str], Path]


def only_shims(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """Make `directory` the whole PATH; what is returned writes a program there: name, shell script."""
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.setattr(tools, "ADMIN_DIRECTORIES", ())

    def write(name: str, body: str) -> Path:
        program = directory / name
        program.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        program.chmod(0o755)
        return program

    return write
