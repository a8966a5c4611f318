"""Building and installing this checkout as anybody does it; without a network, with what the lock has."""

import os
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

SECONDS = 120


def run(*command: str | Path, cwd: Path, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a command without what this process was told about drills, tests and versions."""
    told = ("SWARMDRILL_", "PYTEST_", "SETUPTOOLS_SCM_", "PYTHONPATH", "GIT_")
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(told)}
    return subprocess.run(
        command, cwd=cwd, env={**inherited, **variables}, capture_output=True, text=True, timeout=SECONDS
    )


def well(*command: str | Path, cwd: Path, **variables: str) -> str:
    """What a command prints that has to end well."""
    done = run(*command, cwd=cwd, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def build(what: str, source: Path, target: Path) -> Path:
    """Build the "wheel" or the "sdist" of `source` as pip does it, without a network."""
    target.mkdir(parents=True, exist_ok=True)
    call = f"from setuptools import build_meta; print(build_meta.build_{what}({str(target)!r}))"
    return target / well(sys.executable, "-c", call, cwd=source).splitlines()[-1]


def content(wheel: Path) -> dict[str, int]:
    """The files of a wheel, each with its permissions; without those that say what the wheel is."""
    with zipfile.ZipFile(wheel) as file:
        return {
            each.filename: each.external_attr >> 16 & 0o777
            for each in file.infolist()
            if ".dist-info/" not in each.filename
        }


def metadata(wheel: Path) -> str:
    """What the wheel says of itself."""
    with zipfile.ZipFile(wheel) as file:
        (name,) = (each for each in file.namelist() if each.endswith(".dist-info/METADATA"))
        return file.read(name).decode()


def commit(clone: Path, message: str) -> None:
    """Commit whatever is in the clone, as nobody in particular."""
    well("git", "add", "--all", cwd=clone)
    who = ("-c", "user.name=nobody", "-c", "user.email=nobody@localhost")
    well("git", *who, "commit", "--quiet", "--no-verify", "--allow-empty", "-m", message, cwd=clone)


@dataclass(frozen=True)
class Installed:
    """The wheel in a virtual environment of its own, and an empty directory."""

    python: Path
    empty: Path

    def swarmdrill(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return run(self.python.with_name("swarmdrill"), *words, cwd=self.empty, COLUMNS="160")
