"""The house: the contract of `pyproject.toml` holds, and no chain of imports grows too long."""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from pretended import ROOT

PACKAGE = ROOT / "harness" / "swarmdrill"
MOST_FLOORS = 10
# What runs on a bare Python, before anything is installed.
BARE = ("setup", "host")


def name_of(path: Path) -> str:
    """The module's name below the package: `base.trace`, `base` for its `__init__.py`."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts).removesuffix("__init__").removesuffix(".")


MODULES = {name_of(path): path for path in PACKAGE.rglob("*.py")}


def imported(module: str) -> set[str]:
    """The modules of the package that it imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "swarmdrill":
            base = node.module.removeprefix("swarmdrill").removeprefix(".")
            for name in (f"{base}.{alias.name}".removeprefix(".") for alias in node.names):
                found.add(name if name in MODULES else base)
    return found & MODULES.keys()


def from_outside(module: str) -> set[str]:
    """The packages that it imports from outside of the project, without those of the standard library."""
    tree = ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8")))
    names = {
        name.split(".")[0]
        for node in tree
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    return names - sys.stdlib_module_names - {"swarmdrill", ""}


def folder(module: str) -> str:
    return module.split(".", maxsplit=1)[0]


def test_a_folder_imports_only_from_folders_below_it() -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()", "--no-cache"],
        cwd=ROOT,
        env={"PYTHONPATH": "harness", "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_there_are_no_circles_of_files() -> None:
    tuple(TopologicalSorter({name: imported(name) for name in MODULES}).static_order())


def test_there_are_few_floors() -> None:
    below: dict[str, set[str]] = {}
    for module in MODULES:
        below.setdefault(folder(module), set()).update(folder(each) for each in imported(module))
    floors: dict[str, int] = {}
    for name in TopologicalSorter({name: names - {name} for name, names in below.items()}).static_order():
        floors[name] = 1 + max((floors[each] for each in below[name] - {name}), default=0)
    assert max(floors.values()) <= MOST_FLOORS, floors


@pytest.mark.parametrize("module", sorted(name for name in MODULES if folder(name) in BARE))
def test_set_up_runs_on_a_bare_python(module: str) -> None:
    seen, todo = set(), {module}
    while todo:
        each = todo.pop()
        seen.add(each)
        todo |= imported(each) - seen
    assert {each: from_outside(each) for each in seen if from_outside(each)} == {}


def test_a_class_name_has_one_meaning() -> None:
    """A stranger who sees the import line knows which one it is."""
    places: dict[str, list[str]] = {}
    for module, path in MODULES.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(module)
    assert {name: modules for name, modules in places.items() if len(modules) > 1} == {}


def test_every_scenario_has_a_subject() -> None:
    assert [*(ROOT / "scenarios").rglob("test_*.py")]
    assert [*(ROOT / "scenarios").glob("test_*.py")] == []


def test_nothing_stands_beside_the_folders() -> None:
    assert {path.name for path in PACKAGE.glob("*.py")} <= {"__init__.py", "__main__.py"}
