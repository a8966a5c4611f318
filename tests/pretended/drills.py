"""Sessions that drill, in a pytest of their own and without a cluster, for the tests of what they do."""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

from pretended import ROOT
from pretended.programs import script
from swarmdrill.results.records import SCHEMA_FILE

HERE = Path(__file__).parent / "drilled"


@dataclass(frozen=True)
class Session:
    """A pytest that ended: what it printed, and what it left in its reports directory."""

    status: int
    text: str
    reports: Path

    def stored(self) -> list[dict[str, Any]]:
        """Its results and those before it, which fit the published schema."""
        schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
        found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(self.reports.glob("results/*"))]
        for document in found:
            jsonschema.validate(document, schema, format_checker=jsonschema.FormatChecker())
        return found

    def scenarios(self) -> dict[tuple[str, int | None], dict[str, Any]]:
        """Every record of its only stored result, by the scenario's name and trial."""
        (document,) = self.stored()
        return {(each["name"], each["trial"]): each for each in document["scenarios"]}

    def allure(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text()) for path in self.reports.glob("allure-results/*-result.json")]


def drill(directory: Path, *arguments: str, **environment: str) -> Session:
    """Run the scenarios of `drilled` with these arguments in a directory of their own."""
    shutil.copy(HERE / "hooks.py", directory / "conftest.py")
    shutil.copy(HERE / "scenarios.py", directory / "test_it.py")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "SWARMDRILL_", "GITHUB_"))}
    reports, programs = directory / "reports", directory / "bin"
    programs.mkdir(exist_ok=True)
    # python-vagrant complains when it is imported on a host without Vagrant.
    script(programs / "vagrant", "exit 1")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(directory), "-p", "no:cacheprovider"),
            *(f"--reports-dir={reports}", "test_it.py", *arguments),
        ],
        cwd=directory,
        env={**inherited, "PYTHONPATH": str(ROOT / "harness"), "PATH": str(programs), "COLUMNS": "160", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    return Session(done.returncode, done.stdout, reports)


def collected(session: Session) -> list[str]:
    return re.findall(r"^test_it\.py::(\S.*)$", session.text, re.MULTILINE)
