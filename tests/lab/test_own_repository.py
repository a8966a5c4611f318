"""A team that has swarmdrill from a wheel, and a scenario of its own beside its own tests: it just runs."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from product import repository
from product.checkout import PROVIDER, ROOT
from product.repository import Repository

SCENARIOS = {"every-manager-names-a-leader", "later-config", "one-engine-restarts"}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    return repository.make(tmp_path_factory.mktemp("team"))


def stored(reports: Path) -> dict[str, Any]:
    (path,) = reports.glob("results/*.json")
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def checkout() -> str:
    """What git sees of the product's directory, with what it ignores but for labs, caches and compiled files."""
    listed = subprocess.check_output(["git", "status", "--porcelain", "--ignored"], cwd=ROOT, text=True)
    return "\n".join(line for line in listed.splitlines() if "cache" not in line)


def held_by_docker(directory: Path) -> list[str]:
    """Containers, volumes and networks whose labels name something in the directory."""
    kinds = (["ps", "--all"], ["volume", "ls"], ["network", "ls"])
    listed = [subprocess.check_output(["docker", *kind, "--format", "{{.Labels}}"], text=True) for kind in kinds]
    return [line for text in listed for line in text.splitlines() if str(directory) in line]


@pytest.mark.usefixtures("whole_checkout")
@pytest.mark.skipif(PROVIDER != "docker", reason="the boxes of virtual machines are kept per directory")
@pytest.mark.parametrize(("arguments", "parallel"), [((), 0), (("-n", "2"), 2)], ids=["serial", "two workers"])
def test_its_scenarios_run_and_leave_results_and_no_lab(
    theirs: Repository, arguments: tuple[str, ...], parallel: int, tmp_path: Path
) -> None:
    before = checkout()
    assert not theirs.installed().is_relative_to(ROOT), "it has to be the wheel's"
    reports = tmp_path / "reports"

    done = theirs.pytest("drills", f"--reports-dir={reports}", "--managers=3", *arguments)

    assert done.returncode == 0, done.stdout
    run = stored(reports)
    assert {each["name"]: each["status"] for each in run["scenarios"]} == dict.fromkeys(SCENARIOS, "passed")
    assert (run["run"]["parallel"], run["run"]["managers"]) == (parallel, 3)
    assert len(list(reports.glob("allure-results/*-result.json"))) == len(SCENARIOS)
    assert len(list(reports.glob("events*.jsonl"))) == max(parallel, 1)
    assert list((theirs.root / ".swarmdrill").glob("labs/run-*")) == []
    assert held_by_docker(theirs.root) == []
    assert checkout() == before


def test_its_other_tests_are_no_drill(theirs: Repository) -> None:
    done = theirs.pytest("test_plain.py")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert not (theirs.root / "reports").exists()
