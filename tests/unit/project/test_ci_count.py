"""The line that closes a CI run: it counts every test once, and no test at all is a failure."""

import subprocess
import sys
from pathlib import Path

import pytest

from pretended import ROOT

PASSED = '<testcase name="a"/>'
FAILED = '<testcase name="b"><failure message="m">text</failure></testcase>'
BROKEN = '<testcase name="c"><error message="m">text</error></testcase>'
SKIPPED = '<testcase name="d"><skipped message="m">text</skipped></testcase>'


def count(directory: Path) -> tuple[int, str, str]:
    """Exit status, last line, and complaints."""
    done = subprocess.run([sys.executable, ROOT / ".ci" / "count", directory], capture_output=True, text=True)
    return done.returncode, done.stdout.splitlines()[-1], done.stderr


def write(directory: Path, name: str, *cases: str) -> None:
    text = f'<?xml version="1.0"?><testsuites><testsuite>{"".join(cases)}</testsuite></testsuites>'
    (directory / name).write_text(text, encoding="utf-8")


def test_several_files_are_summed(tmp_path: Path) -> None:
    write(tmp_path, "unit.xml", PASSED, PASSED)
    write(tmp_path, "lab.xml", PASSED)
    assert count(tmp_path) == (0, "3 passed, 0 failed", "")


@pytest.mark.parametrize("bad", [FAILED, BROKEN])
def test_failed_and_broken_tests_count_as_failed(tmp_path: Path, bad: str) -> None:
    write(tmp_path, "unit.xml", PASSED, bad, SKIPPED)
    assert count(tmp_path) == (1, "1 passed, 1 failed, 1 skipped", "")


def test_no_test_at_all_is_a_failure(tmp_path: Path) -> None:
    status, line, complaint = count(tmp_path / "reports")
    assert (status, line) == (2, "0 passed, 0 failed")
    assert "no test ran" in complaint


def test_nothing_but_skipped_tests_is_a_failure(tmp_path: Path) -> None:
    write(tmp_path, "unit.xml", SKIPPED)
    assert count(tmp_path)[:2] == (2, "0 passed, 0 failed, 1 skipped")


def test_a_file_that_was_cut_off_is_a_failure(tmp_path: Path) -> None:
    write(tmp_path, "unit.xml", PASSED)
    (tmp_path / "lab.xml").write_text("<testsuites><testsuite><testcase", encoding="utf-8")
    status, line, complaint = count(tmp_path)
    assert (status, line) == (1, "1 passed, 0 failed")
    assert "lab.xml" in complaint
