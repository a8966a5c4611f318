"""The documentation: the page that lists every module is of today, and no module lacks its first line."""

import ast
import importlib.util
from pathlib import Path
from types import ModuleType

from pretended import ROOT

SITE = ROOT / "docs" / "site"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, SITE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_lists_the_modules_of_today() -> None:
    page = load("what_is_here")
    assert page.PAGE.read_text(encoding="utf-8") == page.page(), "run: python docs/site/what_is_here.py"


def test_every_module_says_what_it_is_for() -> None:
    def silent(path: Path) -> bool:
        return not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))

    assert [str(path) for path in (ROOT / "harness").rglob("*.py") if silent(path)] == []
