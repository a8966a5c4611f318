"""No file of the repository is too long and no folder crowded; the unit tests stand where what they test stands."""

from collections import Counter
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

from pretended import ROOT

MOST_LINES = 300
MOST_MODULES = 15
# What is tested but is no part of the package, and the repository itself: its documents, locks and detectors.
BESIDE_THE_PACKAGE = {"bench", "fresh", "nightly", "scenarios", "project"}


def modules(root: Path) -> Iterator[Path]:
    """Every Python file below, but for what git is told to ignore: a new folder is covered without being listed."""
    ignored = [line.strip("/") for line in (root / ".gitignore").read_text(encoding="utf-8").splitlines()]
    todo = [root]
    while todo:
        for path in sorted(todo.pop().iterdir()):
            names = (path.name, str(path.relative_to(root)))
            if path.name == ".git" or path.is_symlink() or any(fnmatch(n, each) for n in names for each in ignored):
                continue
            if path.is_dir():
                todo.append(path)
            elif path.suffix == ".py" or (not path.suffix and "python" in first_line(path)):
                yield path


def first_line(path: Path) -> str:
    """What a program without a suffix says that it is run by; empty where it says nothing."""
    first = path.read_bytes().partition(b"\n")[0].decode(errors="replace")
    return first if first.startswith("#!") else ""


def too_long(root: Path) -> list[str]:
    """The files with more lines than one reads in one go."""
    return [
        str(path.relative_to(root))
        for path in modules(root)
        if path.read_text(encoding="utf-8").count("\n") > MOST_LINES
    ]


def crowded(root: Path) -> list[str]:
    """The folders with more modules than one keeps in mind."""
    counts = Counter(path.parent for path in modules(root) if path.name != "__init__.py")
    return [str(path.relative_to(root)) for path, count in counts.items() if count > MOST_MODULES]


def without_counterpart(root: Path) -> list[str]:
    """The folders of unit tests that mirror no folder of the package, and are not named above."""
    unit, package = root / "tests" / "unit", root / "harness" / "swarmdrill"
    places = {path.parent.relative_to(unit) for path in modules(root) if path.is_relative_to(unit)}
    known = {each for each in places if (package / each / "__init__.py").exists()}
    known |= {each for each in places if str(each) in BESIDE_THE_PACKAGE} | {Path()}
    return sorted(map(str, places - known))


def test_no_file_is_too_long() -> None:
    assert too_long(ROOT) == []


def test_no_folder_is_crowded() -> None:
    assert crowded(ROOT) == []


def test_unit_tests_mirror_the_package() -> None:
    assert without_counterpart(ROOT) == []


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """One with a folder that nobody has listed, and with what git ignores."""
    (tmp_path / ".gitignore").write_text("/.venv/\n*.egg-info/\n__pycache__/\n", encoding="utf-8")
    for folder in ("brandnew/deep", ".venv/lib", "x/own.egg-info", "tests/unit/swarm", "harness/swarmdrill/swarm"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "harness/swarmdrill/swarm/__init__.py").touch()
    return tmp_path


@pytest.mark.parametrize("path", ["brandnew/long.py", "brandnew/deep/long.py", "long.py", "brandnew/program"])
def test_a_long_file_is_found_wherever_it_is(repository: Path, path: str) -> None:
    (repository / path).write_text("#!/usr/bin/env python3\n" + "pass\n" * MOST_LINES, encoding="utf-8")
    assert too_long(repository) == [path]


@pytest.mark.parametrize("folder", ["brandnew", "brandnew/deep", "tests/unit/swarm"])
def test_a_crowded_folder_is_found_wherever_it_is(repository: Path, folder: str) -> None:
    for number in range(MOST_MODULES + 1):
        (repository / folder / f"m{number}.py").touch()
    assert crowded(repository) == [folder]


@pytest.mark.parametrize("path", [".venv/lib/long.py", "x/own.egg-info/long.py", "brandnew/long.txt"])
def test_what_is_ignored_or_no_python_is_left_alone(repository: Path, path: str) -> None:
    (repository / path).write_text("pass\n" * (MOST_LINES + 1), encoding="utf-8")
    assert too_long(repository) == []


@pytest.mark.parametrize(("path", "found"), [("swarm", []), ("other", ["other"]), ("swarm/other", ["swarm/other"])])
def test_tests_without_a_counterpart_are_found(repository: Path, path: str, found: list[str]) -> None:
    (repository / "tests/unit" / path).mkdir(exist_ok=True)
    (repository / "tests/unit" / path / "test_x.py").touch()
    assert without_counterpart(repository) == found
