"""A stored night stays stored, whatever it found: the history has no commit that removes one."""

import subprocess
from pathlib import Path

import pytest

from pretended import ROOT

PLACE = "docs/nightly"


def git(repository: Path, *words: str) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout


def removed(repository: Path) -> list[str]:
    """The stored nights that a commit of the history removed, or renamed."""
    # Of every branch that was merged, and of what a merge itself leaves out.
    words = (
        "log",
        "--full-history",
        "-m",
        "--no-renames",
        "--diff-filter=D",
        "--format=",
        "--name-only",
        "--",
        f"{PLACE}/*.json",
    )
    return sorted(set(git(repository, *words).split()))


def test_no_stored_night_was_ever_removed() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git: there is no history to look at")
    assert removed(ROOT) == []


@pytest.mark.parametrize("moved", [False, True])
def test_one_that_is_removed_is_found(tmp_path: Path, moved: bool) -> None:
    git(tmp_path, "init", "--quiet")
    night = tmp_path / PLACE / "20261125T090000Z-abcdef0.json"
    night.parent.mkdir(parents=True)
    night.write_text('{"steps": [{"status": "red"}]}\n', encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "a night")
    assert removed(tmp_path) == []
    if moved:
        git(tmp_path, "mv", str(night), "elsewhere.json")
    else:
        git(tmp_path, "rm", "--quiet", str(night))
    git(tmp_path, "commit", "--quiet", "--message", "gone")
    assert removed(tmp_path) == [f"{PLACE}/{night.name}"]


def test_one_that_came_and_went_on_a_branch_that_was_merged_is_found(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "begin")
    git(tmp_path, "checkout", "--quiet", "-b", "side")
    night = tmp_path / PLACE / "20261125T090000Z-abcdef0.json"
    night.parent.mkdir(parents=True)
    night.write_text('{"steps": [{"status": "red"}]}\n', encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "--quiet", "--message", "a night")
    git(tmp_path, "rm", "--quiet", str(night))
    git(tmp_path, "commit", "--quiet", "--message", "gone")
    git(tmp_path, "checkout", "--quiet", "main")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "meanwhile")
    git(tmp_path, "merge", "--quiet", "--no-ff", "--no-edit", "side")
    assert removed(tmp_path) == [f"{PLACE}/{night.name}"]
