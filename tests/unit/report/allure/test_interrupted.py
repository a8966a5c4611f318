"""What allure-pytest writes of a test that was interrupted, with and without this project's part."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pretended import ROOT

CONFTEST = """
from swarmdrill.report.allure.interrupted import mark_interrupted

def pytest_configure(config):
    if {marked}:
        mark_interrupted(config)
"""
TESTS = """
import pytest

def test_done():
    pass

@pytest.mark.skip(reason="not here")
def test_left_out():
    pass

def test_wrong():
    assert False

def test_interrupted():
    raise KeyboardInterrupt
"""


def statuses(directory: Path, *, marked: bool) -> dict[str, str]:
    """Run the tests in a pytest of their own; return Allure's status of each by name."""
    (directory / "conftest.py").write_text(CONFTEST.format(marked=marked))
    (directory / "test_it.py").write_text(TESTS)
    subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir=.", "--alluredir=results", "test_it.py"],
        cwd=directory,
        env={"PYTHONPATH": str(ROOT / "harness"), "PATH": ""},
        capture_output=True,
        timeout=60,
        check=False,
    )
    results = [json.loads(path.read_text()) for path in (directory / "results").glob("*-result.json")]
    return {result["name"]: result["status"] for result in results}


def test_an_interrupted_test_is_broken_and_all_others_are_what_they_were(tmp_path: Path) -> None:
    assert statuses(tmp_path, marked=True) == {
        "test_done": "passed",
        "test_left_out": "skipped",
        "test_wrong": "failed",
        "test_interrupted": "broken",
    }


def test_allure_pytest_alone_says_passed(tmp_path: Path) -> None:
    """When this fails, allure-pytest has mended it, and the part can go."""
    if statuses(tmp_path, marked=False)["test_interrupted"] != "passed":
        pytest.fail("allure-pytest no longer writes an interrupted test as passed: remove allure_interrupted")
