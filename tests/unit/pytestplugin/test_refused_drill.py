"""A drill that is refused leaves the last run's evidence; one that begins replaces that, and nothing of the user's."""

import json
from pathlib import Path

import pytest

from pretended.drills import Session, drill

WORKERS = pytest.mark.parametrize("how", [(), ("-n2",)], ids=["serial", "workers"])


def content(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def leave_a_run(directory: Path, *how: str) -> Session:
    last = drill(directory, "-k", "some", f"--junitxml={directory / 'reports' / 'junit' / 'it.xml'}", *how)
    assert last.status == 0, last.text
    assert last.allure()
    return last


@WORKERS
@pytest.mark.parametrize(
    ("why", "status"),
    [({"REFUSE": "1"}, pytest.ExitCode.USAGE_ERROR), ({"BREAK": "1"}, pytest.ExitCode.INTERNAL_ERROR)],
    ids=["refused", "broken-host"],
)
def test_a_host_that_cannot_have_it_leaves_the_last_run(
    tmp_path: Path, why: dict[str, str], status: int, how: tuple[str, ...]
) -> None:
    last = leave_a_run(tmp_path, *how)
    before = content(last.reports)
    session = drill(tmp_path, f"--junitxml={last.reports / 'junit' / 'it.xml'}", *how, **why)
    assert session.status == status, session.text
    assert content(last.reports) == before


def test_a_request_that_is_no_good_leaves_the_last_run(tmp_path: Path) -> None:
    before = content(leave_a_run(tmp_path).reports)
    assert drill(tmp_path, "--procedure=none", "-n1").status == pytest.ExitCode.USAGE_ERROR
    assert drill(tmp_path, "--claims=missing.toml").status == pytest.ExitCode.USAGE_ERROR
    assert content(tmp_path / "reports") == before


def test_a_run_replaces_the_last_one_whole_and_the_users_files_stay(tmp_path: Path) -> None:
    """Its reports directory is a directory of the user's."""
    last = leave_a_run(tmp_path, "-n2")
    theirs = ["transcript-interview.txt", "transcript_2025.txt", "events-web.jsonl", "events-gwen.jsonl", "notes.txt"]
    theirs += ["allure-results/mine.json", "allure-results/known-issues/list.json"]
    (last.reports / "allure-results" / "known-issues").mkdir()
    for name in theirs:
        (last.reports / name).write_text(f"SWMTKN-1-{'3f' * 25}-{'9k2' * 8}z of mine\n")
    session = drill(tmp_path, "-k", "follower")
    assert session.status == 0, session.text
    assert {(last.reports / name).read_text().endswith("of mine\n") for name in theirs} == {True}
    assert "SWMTKN-1" in (last.reports / "transcript-interview.txt").read_text()
    assert len(session.allure()) == 1
    assert sorted(path.name for path in last.reports.glob("events*")) == [
        "events-gwen.jsonl",
        "events-web.jsonl",
        "events.jsonl",
    ]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("allure-results/mine-result.json", ()),
        ("allure-results/mine-result.json", ("-n2",)),
        ("allure-results/categories.json", ()),
        ("transcript.txt", ()),
        ("events-gw0.jsonl", ()),
        ("events-gw0.jsonl", ("-n2",)),
        ("html/index.html", ()),
    ],
)
def test_what_is_not_the_products_is_not_replaced(tmp_path: Path, name: str, how: tuple[str, ...]) -> None:
    own = tmp_path / "reports" / name
    own.parent.mkdir(parents=True)
    own.write_text('[{"name": "mine", "messageRegex": "mine"}]')
    session = drill(tmp_path, "-k", "follower", *how)
    assert session.status == pytest.ExitCode.USAGE_ERROR, session.text
    shown = own.parent if own.parent.name == "allure-results" else own
    assert f"\nERROR: {shown} was not written by swarmdrill" in f"\n{session.text}"
    assert content(tmp_path / "reports") == {name: b'[{"name": "mine", "messageRegex": "mine"}]'}


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "reports").mkdir()
    (tmp_path / "mine.txt").write_text("Times are UTC. Began ")
    (tmp_path / "reports" / "transcript.txt").symlink_to(tmp_path / "mine.txt")
    assert drill(tmp_path, "-k", "follower").status == pytest.ExitCode.USAGE_ERROR
    assert (tmp_path / "mine.txt").read_text() == "Times are UTC. Began "


def test_a_directory_that_the_user_named_is_emptied_only_where_the_user_says_so(tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    chosen.mkdir()
    (chosen / "mine-result.json").write_text("{}")
    assert drill(tmp_path, "-k", "follower", f"--alluredir={chosen}").status == 0
    assert (chosen / "mine-result.json").exists()


def test_a_run_that_is_cut_off_left_the_mark_that_its_directory_is_the_products(tmp_path: Path) -> None:
    """Planted: a worker that dies takes what it wrote with it, and no session ends before the next one begins."""
    (tmp_path / "reports" / "allure-results").mkdir(parents=True)
    (tmp_path / "test_more.py").write_text("import os\ndef test_it(): os._exit(4)\n")
    assert drill(tmp_path, "test_more.py", "-k", "follower or test_more").status == 4
    results = tmp_path / "reports" / "allure-results"
    assert (results / "categories.json").exists()
    assert not (results / "executor.json").exists()
    assert drill(tmp_path, "-k", "follower").status == 0


def test_what_was_done_on_the_host_before_the_run_is_in_its_transcript(tmp_path: Path) -> None:
    session = drill(tmp_path, "-k", "follower")
    events = [json.loads(line) for line in (session.reports / "events.jsonl").read_text().splitlines()]
    assert next(each["title"] for each in events if each["event"] == "StepStarted") == "look at this host"


def test_a_worker_that_joins_later_leaves_what_others_wrote(tmp_path: Path) -> None:
    """Planted in the past: allure-pytest emptied the directory in every worker that began."""
    session = drill(tmp_path, "-n1", "--dist=load", "-k", "some or dies", "--max-worker-restart=1", DIE="1")
    assert {result["name"] for result in session.allure()} >= {"Restore some: leader", "Restore some: follower"}
