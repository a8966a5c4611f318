"""Pretended programs for tests of what calls programs: a PATH with nothing else on it."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from pretended import small_tools
from swarmdrill.host import tools

Shim = Callable[[str, str], Path]


def only_shims(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """Make `directory` the whole PATH; what is returned writes a program there: name, shell script.

    The shell is /bin/sh, the one program of this host that interprets them. `cat`, `sleep` and the others of
    `small_tools` are there from the start.
    """
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.setattr(tools, "ADMIN_DIRECTORIES", ())

    def write(name: str, body: str) -> Path:
        return script(directory / name, body)

    for name in small_tools.TOOLS:
        command = (sys.executable, "-IS", small_tools.__file__, name)
        write(name, f'exec {shlex.join(command)} "$@"')
    return write


def script(path: Path, body: str) -> Path:
    """Write an executable shell script; return its path."""
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)
    return path
