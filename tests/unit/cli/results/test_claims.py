"""`swarmdrill claims`: it reads stored runs, runs nothing, and writes what it says."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pretended.stored_runs import run_id
from swarmdrill.cli import main
from swarmdrill.report.claims import markdown, track_record
from swarmdrill.results import store as results_store
from swarmdrill.results.matrix import Matrix

FIRST, SECOND = run_id(1), run_id(2)


def store(directory: Path, id_: str, claim: str = "D1", outcome: str = "held", **run: Any) -> Path:
    """One run file, as a drill leaves it."""
    about = {
        "id": id_,
        "started": "2025-11-10T09:12:44Z",
        "seconds": 900.0,
        "provider": "docker",
        "engine": "26.1.5",
        "managers": 3,
        "workers": 0,
        "parallel": 1,
        "repeat": 1,
        "host": {"system": "Debian 12", "cores": 2, "memory_gib": 7.8, "kernel": "6.1", "engine": "20.10.24"},
        "swarmdrill": "0.1.0",
    }
    scenario = {
        "name": "scenarios/test_a.py::test_a",
        "title": "A scenario",
        "trial": None,
        "status": "passed",
        "reason": "",
        "seconds": 60.0,
        "waited": 40.0,
        "verdicts": [{"claim": claim, "outcome": outcome, "expected": "back", "observed": "back \ud800"}],
        "trial_outcome": None,
    }
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{id_}.json"
    path.write_text(json.dumps({"schema": 1, "run": {**about, **run}, "scenarios": [scenario]}), encoding="utf-8")
    return path


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The documentation, with no results in it."""
    monkeypatch.setattr(results_store, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(results_store, "KEPT", tmp_path / "docs" / "results")
    (tmp_path / "docs").mkdir()
    return tmp_path / "docs"


def claims(tmp_path: Path, *arguments: str) -> int:
    return main.main(["claims", f"--reports-dir={tmp_path / 'reports'}", *arguments])


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_kept_runs_and_those_of_this_machine_add_up(
    tmp_path: Path, docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(docs / "results", FIRST)
    store(tmp_path / "reports" / "results", SECOND, engine="28.5.2")
    assert claims(tmp_path) == 0
    out = tmp_path / "reports" / "claims"
    assert [run["id"] for run in read(out / "claims.json")["runs"]] == [FIRST, SECOND]
    assert (out / "index.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "2 stored runs"
    assert said[-2:] == [str(out / "index.html"), str(out / "claims.json")]
    assert not (docs / "claims.md").exists()


def test_documentation_is_of_kept_runs_alone(tmp_path: Path, docs: Path) -> None:
    store(docs / "results", FIRST)
    store(tmp_path / "reports" / "results", SECOND, engine="28.5.2")
    assert claims(tmp_path, "--docs") == 0
    page = (docs / "claims.md").read_text(encoding="utf-8")
    assert "26.1.5, containers" in page
    assert "28.5.2, containers" not in page
    assert (docs / "track-record.md").exists()


def test_directories_that_are_named_are_the_only_ones(tmp_path: Path, docs: Path) -> None:
    store(docs / "results", FIRST)
    store(tmp_path / "one", FIRST)
    store(tmp_path / "two", SECOND)
    out = tmp_path / "out"
    given = [f"--results={tmp_path / name}" for name in ("one", "two")]
    assert claims(tmp_path, *given, f"--out={out}") == 0
    assert [run["id"] for run in read(out / "claims.json")["runs"]] == [FIRST, SECOND]


def test_without_any_run(tmp_path: Path, docs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert claims(tmp_path, "--docs") == 0
    assert capsys.readouterr().out.startswith("0 stored runs\n")


def test_what_is_unexpected_and_what_is_in_no_registry_is_said(
    tmp_path: Path, docs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store(docs / "results", FIRST, outcome="refuted")
    store(docs / "results", SECOND, claim="X99")
    assert claims(tmp_path) == 0
    said = capsys.readouterr()
    assert "unexpected: D1 on 26.1.5, containers" in said.out
    assert said.err == "left out, in no registry: X99\n"


@pytest.mark.parametrize("text", ["", "[]", '{"schema": 99}', '{"schema": 1, "run": {}}'])
def test_a_file_that_is_no_run_is_named(
    tmp_path: Path, docs: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store(docs / "results", FIRST)
    (docs / "results" / "bad.json").write_text(text)
    assert claims(tmp_path) == 2
    assert "bad.json" in capsys.readouterr().err


def test_a_directory_that_is_not_there_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert claims(tmp_path, f"--results={tmp_path / 'none'}") == 2
    assert "there is no such directory" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("page", "made"),
    [("claims.md", markdown.as_markdown), ("track-record.md", track_record.as_markdown)],
)
def test_the_documentation_is_what_the_stored_runs_say(page: str, made: Callable[[Matrix], str]) -> None:
    """After a change of the registry or of docs/results: make claims ARGS=--docs."""
    assert (results_store.DOCS / page).read_text(encoding="utf-8") == made(results_store.collect([results_store.KEPT]))
