"""`swarmdrill drill` in somebody else's directory: what runs, with which settings, and the status that it ends with."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pretended import ROOT
from pretended.drills import HERE
from swarmdrill.base.errors import ExitStatus
from swarmdrill.cli.drills.drill import Ending

SCENARIOS = """
import os, signal
import pytest
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.settings import Settings
from swarmdrill.pytestplugin.markers import scenario

@scenario(id="all-well", title="All is well")
def test_well(drill_settings: Settings):
    print("engine", drill_settings.engine, "workers", drill_settings.workers, "state", drill_settings.state_dir)

@scenario(id="refuted", title="A state is not reached")
def test_failing():
    assert 1 == 2

@scenario(id="no-lab", title="The lab breaks")
def test_breaking():
    raise LabBroken("no route to manager2")

@scenario(id="cancelled", title="Somebody cancels the job")
def test_cancelled():
    os.kill(os.getpid(), signal.SIGTERM)
    signal.pause()
"""
# The command, on scenarios that need no cluster.
COMMAND = """
import sys
from pathlib import Path
from swarmdrill.base import places
from swarmdrill.cli.main import main
places.scenarios = lambda: Path(sys.argv[1])
sys.exit(main(["drill", *sys.argv[2:]]))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A directory with a blank in its name and a pytest configuration of its own, which no drill may obey."""
    (tmp_path / "scenarios").mkdir()
    shutil.copy(HERE / "hooks.py", tmp_path / "scenarios" / "conftest.py")
    (tmp_path / "scenarios" / "test_it.py").write_text(SCENARIOS, encoding="utf-8")
    project = tmp_path / "my project"
    project.mkdir()
    (project / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\nswarmdrill_workers = 2\n")
    return project


def drill(project: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "SWARMDRILL_", "GITHUB_"))}
    return subprocess.run(
        [sys.executable, "-c", COMMAND, str(project.parent / "scenarios"), *arguments],
        cwd=project,
        env={**inherited, "PYTHONPATH": str(ROOT / "harness"), "COLUMNS": "160"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["-k", "all-well"], ExitStatus.GOOD),
        (["-k", "refuted"], ExitStatus.FAILED),
        (["-k", "all-well or no-lab"], ExitStatus.LAB_BROKE),
        (["-k", "refuted or no-lab"], ExitStatus.FAILED),
        (["-k", "no-lab", "-n2"], ExitStatus.LAB_BROKE),
        (["-k", "cancelled"], ExitStatus.INTERRUPTED),
        (["-k", "nothing is called so"], ExitStatus.BAD_REQUEST),
        (["-k", "all-well", "--no-such-option"], ExitStatus.BAD_REQUEST),
        (["--managers=2"], ExitStatus.BAD_REQUEST),
        (["--collect-only"], ExitStatus.GOOD),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value.name,
)
def test_the_status_tells_failed_from_broken_and_from_asked_badly(
    project: Path, arguments: list[str], status: ExitStatus
) -> None:
    done = drill(project, *arguments)
    assert done.returncode == status, done.stdout


def test_the_projects_settings_count_and_everything_is_left_in_the_project(project: Path) -> None:
    done = drill(project, "-k", "all-well", "--engine=28.5.2", "--state-dir", "my state", "-s")
    assert done.returncode == ExitStatus.GOOD, done.stdout
    assert f"engine 28.5.2 workers 2 state {project}/my state" in done.stdout
    assert "Warning" not in done.stdout
    assert sorted(path.name for path in project.iterdir()) == ["my state", "pytest.ini", "reports"]
    assert (project / "reports" / "junit" / "scenarios.xml").exists()
    assert sorted(path.name for path in (project.parent / "scenarios").iterdir() if path.name != "__pycache__") == [
        "conftest.py",
        "test_it.py",
    ]


OWN = """
from swarmdrill.pytestplugin.markers import scenario

@scenario(id="of-mine", title="One of mine")
def test_mine():
    pass

def test_plain():
    pass
"""


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["mine.py"], {"test_mine", "test_plain"}),
        (["mine.py::test_mine", "-n0"], {"test_mine"}),
        (["-k", "mine", "--tb", "short"], set()),
        (["-k", "all-well", "-n", "0", "--maxfail", "3"], {"test_well"}),
        (["--scenario", "all-well"], {"test_well"}),
        (["--scenario=all-well", "--deselect", "mine.py"], {"test_well"}),
        (["--swarmdrill-scenario=of-mine", "mine.py"], {"test_mine"}),
        ([], {"test_well", "test_failing", "test_breaking", "test_cancelled"}),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_the_catalogue_runs_where_no_file_is_named(project: Path, arguments: list[str], expected: set[str]) -> None:
    (project / "mine.py").write_text(OWN, encoding="utf-8")
    done = drill(project, "--collect-only", "-q", *arguments)
    assert set(re.findall(r"::(test_\w+)", done.stdout)) == expected, done.stdout


def test_a_file_that_is_not_there_is_said(project: Path) -> None:
    done = drill(project, "mine.py")
    assert (done.returncode, "file or directory not found: mine.py" in done.stdout) == (ExitStatus.BAD_REQUEST, True)


@pytest.mark.parametrize("how", [(), ("-n1",)], ids=["serial", "workers"])
def test_an_id_of_the_catalogue_is_refused_in_somebody_elses_file(project: Path, how: tuple[str, ...]) -> None:
    (project / "mine.py").write_text(OWN.replace("of-mine", "all-well"), encoding="utf-8")
    done = drill(project, "mine.py", *how)
    assert done.returncode == ExitStatus.BAD_REQUEST, done.stdout
    own = project.parent / "scenarios" / "test_it.py"
    (line,) = [line for line in done.stdout.splitlines() if "ERROR" in line]
    assert re.search(rf"mine\.py(:4)?: scenario 'all-well' is also swarmdrill's, in {own}: give it another id", line)


def test_scenarios_that_cannot_be_read_are_a_failure(project: Path) -> None:
    (project.parent / "scenarios" / "test_it.py").write_text("import nothing_that_exists\n")
    done = drill(project)
    assert (done.returncode, "nothing_that_exists" in done.stdout) == (ExitStatus.FAILED, True)


def test_the_record_of_statuses_is_what_tells_them_apart() -> None:
    """Planted: without the reports, broken scenarios would be failures."""

    class Config:
        class pluginmanager:
            @staticmethod
            def get_plugin(name: str) -> Any:
                return None

    ending = Ending()
    ending.pytest_unconfigure(Config)  # type: ignore[arg-type]
    assert ending.status(pytest.ExitCode.TESTS_FAILED) == ExitStatus.FAILED
    assert ending.status(pytest.ExitCode.INTERNAL_ERROR) == ExitStatus.LAB_BROKE
    assert signal.SIGINT + 128 == ExitStatus.INTERRUPTED
