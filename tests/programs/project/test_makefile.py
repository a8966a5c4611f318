"""What `make` and `.ci/run` promise: failures come through, settings are handed on, cleaning happens."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pretended import ROOT
from swarmdrill.base.settings import OPTIONS

# Says what it was asked with which settings; fails for the environments named in $FAIL.
TOX = """#!/bin/sh
while [ "$1" != -e ]; do shift; done
env=$2; shift 2
echo "tox $env $*" "$(env | grep ^SWARMDRILL_ | sort | tr '\\n' ' ')" >> calls
case ,$FAIL, in *,$env,*) exit 7;; esac
"""
PYTHON = """#!/bin/sh
echo "python $*" >> calls
case ",$FAIL, $*" in *,setup,*setup | *,remove,*--remove) exit 2;; esac
"""
CLEAN = '#!/bin/sh\necho "swarmdrill $*" >> calls\ncase ,$FAIL, in *,clean,*) exit 9;; esac\n'


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The Makefile and CI scripts with pretended tools."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(ROOT / ".ci", tmp_path / ".ci")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for name, text in (("tox", TOX), ("swarmdrill", CLEAN), ("python", PYTHON)):
        program = tmp_path / ".venv" / "bin" / name
        program.write_text(text)
        program.chmod(0o755)
    (tmp_path / ".swarmdrill").mkdir()
    return tmp_path


def run(checkout: Path, *command: str, **variables: str) -> tuple[int, list[str], str]:
    """Exit status, what was called, and what was printed."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("SWARMDRILL_", "MAKE"))}
    done = subprocess.run(
        command,
        cwd=checkout,
        env={**clean, "PYTHON": ".venv/bin/python", **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    calls = checkout / "calls"
    lines = calls.read_text().splitlines() if calls.exists() else []
    return done.returncode, [line.rstrip() for line in lines], done.stdout


def test_make_alone_lists_every_target(checkout: Path) -> None:
    status, calls, said = run(checkout, "make")
    assert (status, calls) == (0, [])
    targets = {line.split()[0] for line in said.splitlines()[1:]}
    assert {"help", "setup", "drill", "test", "scenarios", "report", "claims", "clean", "lock"} <= targets


def test_a_drill_sets_up_and_runs_the_scenarios(checkout: Path) -> None:
    """As many clusters side by side as this host carries."""
    assert run(checkout, "make", "drill")[:2] == (0, ["python -m swarmdrill.setup", "tox scenarios  SWARMDRILL_N=auto"])


def test_the_claims_are_written_by_tox(checkout: Path) -> None:
    _, calls, _ = run(checkout, "make", "claims", "ARGS=--docs")
    assert calls == ["python -m swarmdrill.setup", "tox claims -- --docs"]


def test_a_base_and_the_rounds_are_handed_on_to_the_bench(checkout: Path) -> None:
    _, calls, _ = run(checkout, "make", "bench", "BASE=decbe5f", "N=9", "ARGS=--docs")
    assert calls[1].startswith("tox bench -- --base=decbe5f --rounds=9 --docs")
    assert run(checkout, "make", "bench")[1][3].split(" SWARM")[0] == "tox bench"


def test_settings_are_handed_on_only_when_given(checkout: Path) -> None:
    _, calls, _ = run(checkout, "make", "scenarios", "ENGINE=28.5.2", "N=2", "KEEP=", "ARGS=-k quorum")
    assert calls[1] == "tox scenarios -- -k quorum SWARMDRILL_ENGINE=28.5.2 SWARMDRILL_N=2"


def test_every_setting_is_handed_on(checkout: Path) -> None:
    _, calls, _ = run(checkout, "make", "scenarios", *(f"{option.name.upper()}=x y" for option in OPTIONS))
    said = " ".join(f"SWARMDRILL_{name}=x y" for name in sorted(option.name.upper() for option in OPTIONS))
    assert calls[1].endswith(said.replace("SWARMDRILL_PROCEDURE", "SWARMDRILL_N=auto SWARMDRILL_PROCEDURE"))


def test_a_setting_that_there_is_not_is_refused(checkout: Path) -> None:
    status, calls, said = run(checkout, "make", "scenarios", "EXAMPLE=50")
    assert (status, calls) == (2, [])
    assert "there is no setting EXAMPLE; there are PROVIDER " in said


def test_a_variable_of_the_environment_is_no_setting(checkout: Path) -> None:
    _, calls, _ = run(checkout, "make", "scenarios", REGISTRY="their own", ENGINE="diesel")
    assert calls[1] == "tox scenarios  SWARMDRILL_N=auto"


@pytest.mark.parametrize("target", ["scenarios", "drill"])
def test_trials_and_the_number_of_clusters_are_handed_on(checkout: Path, target: str) -> None:
    _, calls, _ = run(checkout, "make", target, "REPEAT=20", "N=3")
    assert calls[1] == "tox scenarios  SWARMDRILL_N=3 SWARMDRILL_REPEAT=20"


@pytest.mark.parametrize(
    ("fail", "called"),
    [
        ("setup", ["python -m swarmdrill.setup"]),
        ("scenarios", ["python -m swarmdrill.setup", "tox scenarios  SWARMDRILL_N=auto"]),
    ],
)
def test_a_drill_that_fails_says_so(checkout: Path, fail: str, called: list[str]) -> None:
    assert run(checkout, "make", "drill", FAIL=fail)[:2] == (2, called)


def test_the_tests_run_on_containers_whatever_was_set(checkout: Path) -> None:
    status, calls, _ = run(checkout, "make", "test", SWARMDRILL_PROVIDER="libvirt")
    assert status == 0
    assert calls[-1] == "tox lint,types,unit,package,programs,lab,chosen  SWARMDRILL_N=4 SWARMDRILL_PROVIDER=docker"


def test_cleaning_leaves_the_state_directory_to_the_product(checkout: Path) -> None:
    """It alone knows what may go: the one that is pretended here removes nothing."""
    for fail in ("clean", "remove"):
        assert run(checkout, "make", "clean", FAIL=fail)[0] != 0
    status, calls, _ = run(checkout, "make", "clean")
    assert (status, calls[-2:]) == (0, ["python -m fresh --remove", "swarmdrill clean"])
    assert (checkout / ".swarmdrill").exists()
    assert (checkout / ".venv").exists()


@pytest.mark.parametrize("where", ["usual", "environment", "tox.ini"])
def test_cleaning_without_an_environment_deletes_nothing_and_says_so(checkout: Path, where: str) -> None:
    shutil.rmtree(checkout / ".venv")
    shutil.rmtree(checkout / ".swarmdrill")
    (checkout / "tox.ini").write_text("[pytest]\nswarmdrill_state_dir = kept here\n" if where == "tox.ini" else "")
    variables = {"SWARMDRILL_STATE_DIR": "kept here"} if where == "environment" else {}
    assert run(checkout, "make", "clean", **variables) == (0, [], ""), "there is nothing that could be cleaned"
    name = ".swarmdrill" if where == "usual" else "kept here"
    thesis = checkout / name / "labs" / "default" / "thesis.txt"
    thesis.parent.mkdir(parents=True)
    thesis.touch()
    status, _, said = run(checkout, "make", "clean", **variables)
    assert status != 0
    assert said.splitlines()[0] == (
        f"{name} stays: without .venv nothing here can tell what may go; run make setup, then make clean"
    )
    assert thesis.exists()


def test_the_makefile_itself_removes_nothing() -> None:
    assert not re.search(r"\brm\b|\brmdir\b|-delete\b", (ROOT / "Makefile").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("fail", "ok"),
    [
        ("", True),
        ("lint,types,unit,package,programs,lab,chosen", False),
        ("fresh", False),
        ("setup", False),
        ("remove", False),
        ("clean", False),
    ],
)
def test_ci_always_cleans_and_ends_with_the_count(checkout: Path, fail: str, ok: bool) -> None:
    tox = checkout / ".venv" / "bin" / "tox"
    result = '<testsuite><testcase name="a"/></testsuite>'
    tox.write_text(f"{TOX.rstrip()}\nmkdir -p reports/junit; echo '{result}' > reports/junit/unit.xml\n")
    (checkout / "reports" / "junit").mkdir(parents=True)
    (checkout / "reports" / "junit" / "old.xml").write_text(result)
    (checkout / ".ci" / "expected.toml").write_text("[minutes]\nlimit = 1\n[unit]\npassed = 1\nskipped = 0\n")
    status, calls, said = run(checkout, "bash", ".ci/run", FAIL=fail)
    assert (status == 0) is ok
    assert calls[-2:] == ["python -m fresh --remove", "swarmdrill clean"]
    assert ("tox fresh" in "\n".join(calls)) is (fail != "setup"), "a failure of the tests hides one on fresh machines"
    tests = 0 if fail == "setup" else 1
    assert said.splitlines()[-1] == f"{tests} passed, 0 failed"


def test_ci_is_red_when_less_ran_than_is_expected(checkout: Path) -> None:
    tox = checkout / ".venv" / "bin" / "tox"
    tox.write_text(
        "#!/bin/sh\nmkdir -p reports/junit; echo '<testsuite><testcase/></testsuite>' > reports/junit/unit.xml\n"
    )
    status, _, said = run(checkout, "bash", ".ci/run")
    assert status == 1
    assert "lab: 0 passed, at least " in said
    assert said.splitlines()[-1] == "1 passed, 0 failed"
