"""The line that closes a CI run: it counts every test once, and no test at all is a failure."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from pretended import ROOT

PASSED = '<testcase name="a"/>'
FAILED = '<testcase name="b"><failure message="m">text</failure></testcase>'
BROKEN = '<testcase name="c"><error message="m">text</error></testcase>'
SKIPPED = '<testcase name="d"><skipped message="m">text</skipped></testcase>'


EXPECTED = """
[minutes]
limit = 30

[unit]
passed = 2
skipped = 0

[lab]
passed = 1
skipped = 1
"""


def count(directory: Path, *more: str) -> tuple[int, str, str]:
    """Exit status, last line, and complaints."""
    done = subprocess.run([sys.executable, ROOT / ".ci" / "count", directory, *more], capture_output=True, text=True)
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


@pytest.fixture
def expected(tmp_path: Path) -> str:
    """What is expected of two suites, which are there and fine."""
    write(tmp_path, "unit.xml", PASSED, PASSED, PASSED)
    write(tmp_path, "lab.xml", PASSED, SKIPPED)
    file = tmp_path / "expected.toml"
    file.write_text(EXPECTED, encoding="utf-8")
    return str(file)


def test_all_that_is_expected_is_good(tmp_path: Path, expected: str) -> None:
    said = "25.0 min, at most 30 are expected\n"
    assert count(tmp_path, expected, "1500") == (0, "4 passed, 0 failed, 1 skipped", said)


@pytest.mark.parametrize(
    ("suite", "cases", "complaint"),
    [
        ("unit", (), "unit: 0 passed, at least 2 are expected"),
        ("unit", (PASSED,), "unit: 1 passed, at least 2 are expected"),
        ("unit", (PASSED, PASSED, SKIPPED), "unit: 1 skipped, at most 0 are expected"),
        ("lab", (SKIPPED,), "lab: 0 passed, at least 1 are expected"),
        ("lab", (PASSED, SKIPPED, SKIPPED), "lab: 2 skipped, at most 1 are expected"),
    ],
)
def test_what_is_less_than_expected_is_red(
    tmp_path: Path, expected: str, suite: str, cases: tuple[str, ...], complaint: str
) -> None:
    write(tmp_path, f"{suite}.xml", *cases)
    status, _, said = count(tmp_path, expected, "60")
    assert (status, said.splitlines()[:-1], said.splitlines()[-1]) == (
        1,
        ["1.0 min, at most 30 are expected"],
        complaint,
    )


def test_a_suite_that_did_not_run_is_red(tmp_path: Path, expected: str) -> None:
    (tmp_path / "lab.xml").unlink()
    assert count(tmp_path, expected, "60")[0] == 1


@pytest.mark.parametrize(("minutes", "status"), [(31, 0), (46, 1)])
def test_a_run_that_is_much_too_long_is_red(tmp_path: Path, expected: str, minutes: int, status: int) -> None:
    found, _, said = count(tmp_path, expected, str(60 * minutes))
    assert (found, said) == (status, f"{minutes}.0 min, at most 30 are expected\n")


def test_every_suite_of_ci_is_expected_to_come_to_something() -> None:
    expected = tomllib.loads((ROOT / ".ci" / "expected.toml").read_text(encoding="utf-8"))
    tox, makefile = ((ROOT / name).read_text(encoding="utf-8") for name in ("tox.ini", "Makefile"))
    (called,) = re.findall(r"^test: setup.*\n\t@\$\(TOX\) -e (\S+)", makefile, re.M)
    written = set()
    for environment in called.split(","):
        (section,) = re.findall(rf"^\[testenv:{environment}\]\n(.*?)(?=^\[)", tox, re.M | re.S)
        written.update(re.findall(r"--junitxml=reports/junit/(\w+)\.xml", section))
    assert written | {"fresh", "minutes"} == set(expected)
