"""A repository of somebody's own that has the wheel: CONTRIBUTING.md's file, claims, and a procedure of a package."""

import sys
from pathlib import Path

import pytest

from builds import Installed, run
from product.repository import first_scenario

INI = '[tool.pytest.ini_options]\nswarmdrill_claims = "drills/claims.toml"\n'
CLAIMS = """
[source.runbook]
title = "Our runbook"
url = "https://wiki.example/runbook"

[claim.OURS-1]
source = "runbook"
text = "After a restore, what came after the backup is gone."
"""
GIVEN = """
def test_what_is_given(procedure, stack, pytestconfig):
    assert type(procedure).__name__ == pytestconfig.getini("wanted")
    assert stack.compose_file.is_file()
"""
WANTED = "def pytest_addoption(parser):\n    parser.addini('wanted', '')\n"
PACKAGE = """
class Nightly:
    def backup(self, cluster): ...
    def restore(self, cluster, backup, *, only=None): ...
"""


@pytest.fixture
def theirs(installed: Installed, tmp_path: Path) -> Installed:
    """The repository, with their package installed beside the wheel."""
    drills = tmp_path / "drills"
    drills.mkdir()
    (tmp_path / "pyproject.toml").write_text(INI, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(WANTED, encoding="utf-8")
    (tmp_path / "test_given.py").write_text(GIVEN, encoding="utf-8")
    (drills / "claims.toml").write_text(CLAIMS, encoding="utf-8")
    (drills / "test_later_config.py").write_text(first_scenario(), encoding="utf-8")
    (site,) = (installed.python.parents[1] / "lib").glob("python*/site-packages")
    about = site / "our_backups-1.0.dist-info"
    about.mkdir(exist_ok=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: our-backups\nVersion: 1.0\n", encoding="utf-8")
    (about / "entry_points.txt").write_text(
        "[swarmdrill.procedures]\nnightly = our_backups:Nightly\n", encoding="utf-8"
    )
    (site / "our_backups.py").write_text(PACKAGE, encoding="utf-8")
    return Installed(installed.python, tmp_path)


def pytest_(theirs: Installed, *words: str) -> tuple[int, str]:
    done = run(theirs.python, "-m", "pytest", "-p", "no:cacheprovider", *words, cwd=theirs.empty)
    return done.returncode, done.stdout + done.stderr


def test_the_first_scenario_is_found_and_typed(theirs: Installed) -> None:
    status, said = pytest_(theirs, "drills", "--collect-only", "-q")
    assert (status, "drills/test_later_config.py::test_later_config_is_gone" in said) == (0, True), said
    options = ("--strict", f"--python-executable={theirs.python}", "--config-file=", "--cache-dir=cache")
    typed = run(sys.executable, "-m", "mypy", *options, "drills/test_later_config.py", cwd=theirs.empty)
    assert typed.returncode == 0, typed.stdout


@pytest.mark.parametrize(("options", "wanted"), [((), "DocumentProcedure"), (("--procedure=nightly",), "Nightly")])
def test_a_procedure_of_a_package_is_given(theirs: Installed, options: tuple[str, ...], wanted: str) -> None:
    status, said = pytest_(theirs, "test_given.py", "-o", f"wanted={wanted}", *options)
    assert (status, "1 passed" in said) == (0, True), said


def test_one_that_nobody_has_is_refused(theirs: Installed) -> None:
    status, said = pytest_(theirs, "test_given.py", "--procedure=nigthly")
    assert status == pytest.ExitCode.USAGE_ERROR
    assert "--procedure 'nigthly': choose one of document, from-one, hot, rolling, nightly" in said


def test_a_claim_of_their_own_is_known_wherever_pytest_is_called(theirs: Installed) -> None:
    drills = theirs.empty / "drills"
    text = (drills / "test_later_config.py").read_text(encoding="utf-8")
    (drills / "test_later_config.py").write_text(
        text.replace('claims=("D1",)', 'claims=("OURS-1", "D1")'), encoding="utf-8"
    )
    for where in (theirs, Installed(theirs.python, drills)):
        status, said = pytest_(where, "--collect-only", "-q", "-k", "later")
        assert (status, "test_later_config_is_gone" in said) == (0, True), said
    (drills / "claims.toml").write_text(CLAIMS.replace("OURS-1", "D1"), encoding="utf-8")
    status, said = pytest_(theirs, "drills", "--collect-only")
    assert (status, "swarmdrill has that already" in said) == (pytest.ExitCode.USAGE_ERROR, True), said


def test_the_verb_claims_shows_both(theirs: Installed) -> None:
    done = theirs.swarmdrill("claims")
    assert done.returncode == 0, done.stdout + done.stderr
    shown = (theirs.empty / "reports" / "claims" / "index.html").read_text(encoding="utf-8")
    assert "OURS-1" in shown
    assert "D1" in shown
