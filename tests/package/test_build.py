"""What is in the wheel and in the sdist, what they say of themselves, and which version they get from git."""

import re
import shutil
import tarfile
from pathlib import Path

import pytest

from builds import build, commit, content, metadata, well

VERSION = re.compile(r"^Version: (\S+)$", re.MULTILINE)
# Without any tag: towards 0.1, with the number of commits and the commit.
PROVIDERS = ("containers", "libvirt", "virtualbox")
UNTAGGED = re.compile(r"0\.1\.dev\d+\+g[0-9a-f]{7,}")


def wanted(source: Path) -> dict[str, bool]:
    """What has to be in the wheel, and whether it is a program: everything of the package, and the scenarios."""
    tops = {"swarmdrill": source / "harness" / "swarmdrill", "swarmdrill/scenarios": source / "scenarios"}
    return {
        f"{name}/{path.relative_to(top)}": bool(path.stat().st_mode & 0o100)
        for name, top in tops.items()
        for path in top.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def version(wheel: Path) -> str:
    found = VERSION.search(metadata(wheel))
    assert found
    return found.group(1)


def copied(clone: Path, target: Path, *, git: bool) -> Path:
    """A copy of the clone, without what an earlier build left in it."""
    shutil.copytree(clone, target, ignore=None if git else shutil.ignore_patterns(".git"))
    for left in (target / "build", *(target / "harness").glob("*.egg-info")):
        shutil.rmtree(left, ignore_errors=True)
    return target


def test_the_wheel_has_the_whole_package_and_the_scenarios_and_nothing_else(clone: Path, wheel: Path) -> None:
    assert {name: bool(mode & 0o100) for name, mode in content(wheel).items()} == wanted(clone)


@pytest.mark.parametrize(
    ("line", "lost"),
    [
        (
            '"*/machines.rb", ',
            {f"swarmdrill/machines/{name}/machines.rb" for name in ("containers", "libvirt", "virtualbox")},
        ),
        ('"recorded-docker"', {"swarmdrill/host/recorded-docker"}),
    ],
)
def test_a_file_that_the_list_forgets_is_seen(clone: Path, tmp_path: Path, line: str, lost: set[str]) -> None:
    source = copied(clone, tmp_path / "source", git=False)
    project = source / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    assert line in text
    project.write_text(text.replace(line, ""), encoding="utf-8")
    assert wanted(source).keys() - content(build("wheel", source, tmp_path / "dist")).keys() == lost


def test_the_wheel_says_what_it_is(clone: Path, wheel: Path) -> None:
    said = metadata(wheel)
    assert said.endswith((clone / "README.md").read_text(encoding="utf-8"))
    for line in ("License-Expression: MIT", "License-File: LICENSE", "Requires-Python: >=3.11"):
        assert f"\n{line}\n" in said


def test_the_sdist_builds_the_same_wheel_without_git(clone: Path, wheel: Path, tmp_path: Path) -> None:
    made = build("sdist", clone, tmp_path / "dist")
    with tarfile.open(made) as file:
        file.extractall(tmp_path, filter="data")
    (source,) = (path for path in tmp_path.iterdir() if path.name != "dist")
    tops = {path.name for path in source.iterdir()}
    assert {"LICENSE", "README.md", "harness", "scenarios", "pyproject.toml", "setup.py"} <= tops
    assert not {"tests", "bench", "docs", "examples", ".git"} & tops
    again = build("wheel", source, tmp_path / "again")
    assert again.name == wheel.name
    assert content(again) == content(wheel)


def test_without_a_tag_the_version_is_the_commits(clone: Path, wheel: Path) -> None:
    assert UNTAGGED.fullmatch(version(wheel))
    assert well("git", "rev-parse", "HEAD", cwd=clone).startswith(version(wheel).partition("+g")[2])


def test_a_tag_is_the_version_and_what_comes_after_it_is_the_next_ones(clone: Path, tmp_path: Path) -> None:
    tagged = copied(clone, tmp_path / "tagged", git=True)
    well("git", "tag", "v0.3", cwd=tagged)
    assert version(build("wheel", tagged, tmp_path / "at")) == "0.3"
    commit(tagged, "one more")
    assert re.fullmatch(r"0\.4\.dev1\+g[0-9a-f]{7,}", version(build("wheel", tagged, tmp_path / "after")))
    (tagged / "README.md").write_text("changed", encoding="utf-8")
    assert re.fullmatch(r"0\.4\.dev1\+g[0-9a-f]{7,}\.d\d{8}", version(build("wheel", tagged, tmp_path / "dirty")))


def test_an_archive_of_a_tag_knows_it(clone: Path, tmp_path: Path) -> None:
    tagged = copied(clone, tmp_path / "tagged", git=True)
    well("git", "tag", "v0.3", cwd=tagged)
    well("git", "archive", "--prefix=archive/", f"--output={tmp_path / 'archive.tar'}", "HEAD", cwd=tagged)
    with tarfile.open(tmp_path / "archive.tar") as file:
        file.extractall(tmp_path, filter="data")
    assert version(build("wheel", tmp_path / "archive", tmp_path / "dist")) == "0.3"


def test_a_copy_that_knows_nothing_gets_the_fallback(clone: Path, tmp_path: Path) -> None:
    source = copied(clone, tmp_path / "source", git=False)
    assert version(build("wheel", source, tmp_path / "dist")) == "0.1.dev0"
