"""A copy of this checkout to run commands in: whatever they do to labs and reports, they do to the copy."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pretended import ROOT

SECONDS = 60


@dataclass(frozen=True)
class Checkout:
    """`root` is the copy. On its PATH, `docker` and `vagrant` only write down that they were called, and fail."""

    root: Path
    programs: Path

    @property
    def _log(self) -> Path:
        return self.programs / "calls"

    def python(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run `python -m` with the arguments, without what this process was told about drills and tests."""
        inherited = {key: value for key, value in os.environ.items() if not key.startswith(("SWARMDRILL_", "PYTEST_"))}
        return subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.root,
            env={
                **inherited,
                "PATH": f"{self.programs}{os.pathsep}{inherited['PATH']}",
                "PYTHONPATH": str(self.root / "harness"),
                "COLUMNS": "160",
                **environment,
            },
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def pytest(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.python("pytest", "-p", "no:cacheprovider", *arguments, **environment)

    def swarmdrill(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.python("swarmdrill", *arguments, **environment)

    def calls(self) -> list[str]:
        """What docker and vagrant were called with since the last time this was asked."""
        if not self._log.exists():
            return []
        lines = self._log.read_text(encoding="utf-8").splitlines()
        self._log.unlink()
        return lines


def copy_checkout(directory: Path) -> Checkout:
    """Copy what pytest and `swarmdrill` need into `directory`, compiled files and all: that saves seconds."""
    root, programs = directory / "checkout", directory / "bin"
    for name in ("harness", "scenarios"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("*.pyc.*"))
    for name in ("conftest.py", "tox.ini", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    programs.mkdir()
    for name in ("docker", "vagrant"):
        program = programs / name
        program.write_text(
            f'#!/bin/sh\necho "{name} $*" >> {programs}/calls\necho "no daemon here" >&2\nexit 1\n', encoding="utf-8"
        )
        program.chmod(0o755)
    return Checkout(root, programs)
