"""The architecture is what its page says: every module has a band, imports go down, and the picture shows it."""

import ast
import importlib.util
from fnmatch import fnmatch
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from harness.config import ROOT

HARNESS = ROOT / "harness"
# Bands of their own, whose rules the page states in words.
BESIDE = ("report", "report.*", "setup", "setup.*", "raft", "raft.*", "__init__")


def load_layers() -> object:
    spec = importlib.util.spec_from_file_location("layers", ROOT / "docs" / "layers.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


layers = load_layers()
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
BANDS = layers.bands(PAGE)


def every_module() -> dict[str, Path]:
    """Every module of the harness by its name below it."""
    paths = HARNESS.rglob("*.py")
    return {".".join(path.relative_to(HARNESS).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def modules() -> dict[str, Path]:
    """Those that are in a band."""
    return {
        name: path for name, path in every_module().items() if not any(fnmatch(name, pattern) for pattern in BESIDE)
    }


def bands_of(module: str) -> list[int]:
    """The bands that name it, from 0 at the top; one that names it itself goes before one with a pattern."""
    exact = [number for number, (_, names, _) in enumerate(BANDS) if module in names]
    parts = [n for n, (_, names, _) in enumerate(BANDS) if any(fnmatch(f"{module}.", f"{name}.") for name in names)]
    packages = [n for n, (_, names, _) in enumerate(BANDS) if f"{module}.*" in names]
    return exact or parts or packages


def imported(path: Path) -> set[str]:
    """The modules of the harness that it imports, wherever in the file."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "harness":
            base = node.module.removeprefix("harness").removeprefix(".")
            for name in (f"{base}.{alias.name}".removeprefix(".") for alias in node.names):
                found.add(name if name in every_module() else base)
    return found & every_module().keys()


@pytest.mark.parametrize("module", sorted(modules()))
def test_a_module_has_one_band_and_imports_from_none_above(module: str) -> None:
    own = bands_of(module)
    assert len(own) == 1, f"{module} is in {[BANDS[number][0] for number in own] or 'no band'} of docs/architecture.md"
    above = {name for name in imported(modules()[module]) & modules().keys() if bands_of(name)[0] < own[0]}
    assert not above, f"{module} is in {BANDS[own[0]][0]} and imports {', '.join(sorted(above))} from above"


def test_there_are_no_circles() -> None:
    tuple(TopologicalSorter({name: imported(path) for name, path in every_module().items()}).static_order())


def test_the_report_is_known_to_nobody_below_and_knows_only_the_ground() -> None:
    ground = set(BANDS[-1][1])
    for name, path in every_module().items():
        if name.startswith("report."):
            assert {each for each in imported(path) if not f"{each}.".startswith("report.")} <= ground, name
        elif any(each.startswith("report.") for each in imported(path)):
            assert bands_of(name)[0] <= 2, name


def test_set_up_imports_what_needs_nothing_installed() -> None:
    for name, path in every_module().items():
        if name.startswith("setup."):
            others = {each for each in imported(path) if not f"{each}.".startswith("setup.")}
            assert others <= {"config", "errors", "provider.acceleration"}, name


def test_every_module_on_the_page_exists() -> None:
    known = modules()
    named = [name for _, names, _ in BANDS[1:] for name in names]
    assert [name for name in named if not any(fnmatch(module, name) for module in known)] == []


def test_the_picture_is_that_of_the_page() -> None:
    assert layers.PICTURE.read_text(encoding="utf-8") == layers.draw(PAGE), "run: python docs/layers.py"
