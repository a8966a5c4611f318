"""The wheel where somebody installed it: the command in an empty directory, and the types in their own code."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from builds import Installed, run, well
from pretended import ROOT

USER = """
from swarmdrill.base.settings import Settings, ini_file
from swarmdrill.swarm.cluster import Cluster

def leader(cluster: Cluster) -> str:
    return cluster.leader().name

settings = Settings.read({}, ini_file())
managers: int = settings.managers
"""


def test_the_command_and_the_module_say_the_wheels_version(installed: Installed) -> None:
    done = installed.swarmdrill("--version")
    assert re.fullmatch(r"swarmdrill 0\.\d+\S*\n", done.stdout)
    assert well(installed.python, "-m", "swarmdrill", "--version", cwd=installed.empty) == done.stdout
    where = well(installed.python, "-c", "import swarmdrill; print(swarmdrill.__file__)", cwd=installed.empty)
    assert Path(where.strip()).is_relative_to(installed.python.parents[1]), "it is not the checkout that is tested"


def test_the_doctor_looks_and_speaks_of_no_checkout(installed: Installed) -> None:
    done = installed.swarmdrill("doctor")
    assert done.returncode in (0, 1), done.stderr
    assert f"in {installed.python.parents[1]} " in done.stdout
    assert "make " not in done.stdout
    assert ".venv is not there" not in done.stdout
    assert list(installed.empty.iterdir()) == []


def test_it_brings_every_scenario(installed: Installed, tmp_path: Path) -> None:
    empty = Installed(installed.python, tmp_path)
    done = empty.swarmdrill("drill", "--collect-only", "-q")
    here = run(sys.executable, "-m", "pytest", "scenarios", "--collect-only", "-q", cwd=ROOT)
    found, wanted = (re.findall(r"^scenarios/\S.*$", each.stdout, re.MULTILINE) for each in (done, here))
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(wanted) > 80
    assert found == wanted
    assert list(tmp_path.iterdir()) == [], "collecting makes nothing"


@pytest.mark.parametrize(
    ("words", "status"), [(("drill", "--collect-only", "-k", "nothing_is_called_so"), 2), (("status",), 0)]
)
def test_it_ends_by_the_table(installed: Installed, tmp_path: Path, words: tuple[str, ...], status: int) -> None:
    done = Installed(installed.python, tmp_path).swarmdrill(
        *words, *(["--collect-only"] if words[0] == "drill" else [])
    )
    assert done.returncode == status, done.stdout + done.stderr


def mypy(installed: Installed, directory: Path, text: str) -> "tuple[int, str]":
    """What mypy says of a user's file, with the wheel as it is installed."""
    (directory / "user.py").write_text(text, encoding="utf-8")
    options = ("--strict", f"--python-executable={installed.python}", "--config-file=", "--cache-dir=cache")
    done = run(sys.executable, "-m", "mypy", *options, "user.py", cwd=directory)
    return done.returncode, done.stdout


def test_a_users_code_is_checked_against_its_types(installed: Installed, tmp_path: Path) -> None:
    assert mypy(installed, tmp_path, USER) == (0, "Success: no issues found in 1 source file\n")
    status, said = mypy(installed, tmp_path, USER.replace("managers: int", "managers: str"))
    assert (status, 'expression has type "int", variable has type "str"' in said) == (1, True)


def test_without_the_mark_the_types_would_not_count(installed: Installed, tmp_path: Path) -> None:
    mark = next((installed.python.parents[1] / "lib").glob("python*/site-packages/swarmdrill/py.typed"))
    shutil.move(mark, tmp_path / "mark")
    try:
        status, said = mypy(installed, tmp_path, USER)
    finally:
        shutil.move(tmp_path / "mark", mark)
    assert (status, "missing library stubs or py.typed marker" in said) == (1, True)
