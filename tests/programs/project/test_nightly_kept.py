"""What was found stays stored, nights and runs alike: the history has no commit that removes one."""

import subprocess
from pathlib import Path

import pytest

from pretended import ROOT

NIGHTS, RUNS = PLACES = ("docs/nightly", "docs/results")
# Removed by these two commits, before there was this rule: runs on the scenarios of the day took their place. Each
# commit is named, so that a file that comes back cannot be removed again.
REMOVED_BEFORE_THE_RULE = {
    "1a127df334b86883af795b8949438f069691c5a8": {
        f"{RUNS}/20261124T104719Z-docker-26.1.5-227432.json",
        f"{RUNS}/20261124T144829Z-docker-26.1.5-dd1241.json",
    },
    "4858ac98dd75165615b6b8135cfa83e963d3b9c6": {
        f"{RUNS}/20261124T153116Z-docker-26.1.5-f53030.json",
        f"{RUNS}/20261124T173319Z-docker-26.1.5-6fdfde.json",
        f"{RUNS}/20261124T180806Z-docker-28.5.2-2a9aac.json",
        f"{RUNS}/20261124T182141Z-docker-28.5.2-67aff6.json",
    },
}


def git(repository: Path, *words: str) -> str:
    identity = ("-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *words], cwd=repository, capture_output=True, text=True, check=True)
    return done.stdout


def removed(repository: Path) -> dict[str, set[str]]:
    """The stored nights and runs that a commit of the history removed, or renamed, by that commit."""
    # Of every branch that was merged, and of what a merge itself leaves out.
    words = (
        "log",
        "--full-history",
        "-m",
        "--no-renames",
        "--diff-filter=D",
        "--format=commit %H",
        "--name-only",
        "--",
    )
    found: dict[str, set[str]] = {}
    commit = ""
    for line in git(repository, *words, *(f"{place}/*.json" for place in PLACES)).splitlines():
        if line.startswith("commit "):
            commit = line.removeprefix("commit ")
        elif line:
            found.setdefault(commit, set()).add(line)
    return found


def names(found: dict[str, set[str]]) -> list[str]:
    return sorted({name for of_commit in found.values() for name in of_commit})


def test_nothing_that_was_found_was_ever_removed_but_what_is_listed() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is no checkout of git: there is no history to look at")
    if git(ROOT, "rev-parse", "--is-shallow-repository").strip() == "true":
        pytest.skip("this clone has only the newest commits: fetch the whole history")
    assert removed(ROOT) == REMOVED_BEFORE_THE_RULE


def begun(repository: Path) -> None:
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "begin")


def stored(repository: Path, place: str) -> Path:
    """A stored night or run, committed."""
    path = repository / place / "20261125T090000Z-abcdef0.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"steps": [{"status": "red"}]}\n', encoding="utf-8")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "what was found")
    return path


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("moved", [False, True])
def test_one_that_is_removed_is_found(tmp_path: Path, place: str, moved: bool) -> None:
    begun(tmp_path)
    path = stored(tmp_path, place)
    assert removed(tmp_path) == {}
    if moved:
        git(tmp_path, "mv", str(path), "elsewhere.json")
    else:
        git(tmp_path, "rm", "--quiet", str(path))
    git(tmp_path, "commit", "--quiet", "--message", "gone")
    assert names(removed(tmp_path)) == [f"{place}/{path.name}"]


@pytest.mark.parametrize("place", PLACES)
def test_one_that_is_removed_again_is_found_by_another_commit(tmp_path: Path, place: str) -> None:
    begun(tmp_path)
    for _ in range(2):
        git(tmp_path, "rm", "--quiet", str(stored(tmp_path, place)))
        git(tmp_path, "commit", "--quiet", "--message", "gone")
    assert len(removed(tmp_path)) == 2


@pytest.mark.parametrize("place", PLACES)
def test_one_that_came_and_went_on_a_branch_that_was_merged_is_found(tmp_path: Path, place: str) -> None:
    begun(tmp_path)
    git(tmp_path, "checkout", "--quiet", "-b", "side")
    path = stored(tmp_path, place)
    git(tmp_path, "rm", "--quiet", str(path))
    git(tmp_path, "commit", "--quiet", "--message", "gone")
    git(tmp_path, "checkout", "--quiet", "main")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "meanwhile")
    git(tmp_path, "merge", "--quiet", "--no-ff", "--no-edit", "side")
    assert names(removed(tmp_path)) == [f"{place}/{path.name}"]
