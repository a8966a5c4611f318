"""The Python environment `.venv`: exactly what the lock file says, and this project in it."""

import hashlib
import json
import sys
import tomllib
from pathlib import Path

from swarmdrill.host.tools import ToolFinding, as_numbers, dotted, examine as examine_program
from swarmdrill.setup import steps

STAMP = ".swarmdrill-stamp"
_VENV_SECONDS = 120
_INSTALL_SECONDS = 1200


def fingerprint(root: Path) -> str:
    """What the environment depends on: the lock, the packaging part of pyproject.toml, and the checkout.

    The settings of linters in pyproject.toml do not count. The checkout does, because an environment that
    is moved keeps pointing to where it was.
    """
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    tools = project.get("tool", {})
    packaging = [project.get("build-system"), project.get("project"), tools.get("setuptools")]
    digest = hashlib.sha256((root / "requirements.lock").read_bytes())
    digest.update(json.dumps([packaging, str(root)], sort_keys=True).encode())
    return digest.hexdigest()


def examine(root: Path) -> ToolFinding:
    """Whether `.venv` is there, works and is current."""
    venv = root / ".venv"
    stamp = venv / STAMP
    if not venv.exists():
        return ToolFinding(problem=".venv is not there")
    if not stamp.exists():
        return ToolFinding(problem=".venv was not finished")
    if stamp.read_text(encoding="utf-8") != fingerprint(root):
        return ToolFinding(problem=".venv is not what requirements.lock and pyproject.toml say now")
    python = examine_program(str(venv / "bin" / "python"))
    series = dotted(as_numbers(python.version)[:2])
    # The interpreter is a link to the system's, which an upgrade can remove or make another series.
    if not python.ok or not (venv / "lib" / f"python{series}").is_dir():
        return ToolFinding(problem=".venv was made with a Python that is no longer there")
    return ToolFinding(f"Python {python.version}")


def build(root: Path) -> None:
    """Make `.venv` anew and install the lock and the project, editable, into it. Raises StepFailed."""
    venv = root / ".venv"
    python = str(venv / "bin" / "python")
    # Not the environment's own interpreter, should set-up run with that: it is about to be removed.
    base = getattr(sys, "_base_executable", None) or sys.executable
    with steps.step("make the Python environment .venv"):
        steps.run([base, "-m", "venv", "--clear", str(venv)], timeout=_VENV_SECONDS)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    with steps.step("install requirements.lock into it"):
        steps.run([*pip, "--require-hashes", "-r", str(root / "requirements.lock")], timeout=_INSTALL_SECONDS)
    with steps.step("install swarmdrill into it"):
        # Without isolation and dependencies nothing is fetched that the lock does not pin.
        steps.run([*pip, "--no-deps", "--no-build-isolation", "--editable", str(root)], timeout=_VENV_SECONDS)
    (venv / STAMP).write_text(fingerprint(root), encoding="utf-8")
