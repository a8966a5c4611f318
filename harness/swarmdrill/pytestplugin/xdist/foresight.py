"""Whether the workers of a controller will find scenarios: it never collects, and has to know before they start.

In most sessions a look into the test files says no, and nothing else is done. Where one of them has a scenario, but the
command line selects among the tests, or there are other tests as well, another pytest is asked to collect.
"""

import ast
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.pytestplugin.collecting import catalogue
from swarmdrill.pytestplugin.options import SCENARIO

if TYPE_CHECKING:
    from swarmdrill.pytestplugin.xdist.collected import Collected

COLLECT_SECONDS = 60
# Names the file for a pytest that only collects. A worker is told by its controller.
VARIABLE = "SWARMDRILL_COLLECTED"
_ASKED: "pytest.StashKey[list[Collected] | None]" = pytest.StashKey()
# A file that has a scenario imports the decorator from here.
_WORD = b"swarmdrill"


def drills(config: pytest.Config) -> bool:
    """Whether any test that the session will run is a scenario, as far as can be told without running its files."""
    files = list(_files(config))
    announcing = [file for file in files if announces(file)]
    if not announcing:
        return False
    if places.claims() is not None:
        _require_claims()
    _require_other_ids(announcing)
    if len(announcing) == len(files) and not _selects(config):
        return True
    found = scenarios(config)
    return found is None or bool(found)


def scenarios(config: pytest.Config) -> "list[Collected] | None":
    """What another pytest collects, of what needs a cluster; None where it did not answer. Asked once."""
    if _ASKED not in config.stash:
        arguments = [str(argument) for argument in config.invocation_params.args]
        config.stash[_ASKED] = ask(arguments, config.invocation_params.dir)
    return config.stash[_ASKED]


def ask(arguments: Sequence[str], directory: Path) -> "list[Collected] | None":
    """What needs a cluster among what pytest selects with these arguments; None where that is not known."""
    from swarmdrill.base import programs  # noqa: PLC0415  (most sessions need none)
    from swarmdrill.pytestplugin.xdist import collected  # noqa: PLC0415  (it loads pydantic)

    command = [sys.executable, "-m", "pytest", *arguments, "-n0", "--collect-only", "-p", "no:cacheprovider"]
    with TemporaryDirectory(prefix="swarmdrill-") as temporary:
        told = Path(temporary) / "collected.json"
        if programs.run(command, cwd=directory, more={VARIABLE: str(told)}, timeout=COLLECT_SECONDS).status is None:
            return None
        return list(collected.read(told).values()) if told.exists() else None


def _require_claims() -> None:
    """Refuse a bad file of claims here: a worker that cannot import its test files would only end."""
    from swarmdrill.results.claims import all_claims  # noqa: PLC0415  (it loads pydantic)

    try:
        all_claims()
    except UsageProblem as problem:
        raise pytest.UsageError(str(problem)) from None


def _require_other_ids(files: Iterable[Path]) -> None:
    """Refuse an id of swarmdrill's own here, for the same reason."""
    try:
        for file in files:
            catalogue.require_others(file)
    except UsageProblem as problem:
        raise pytest.UsageError(str(problem)) from None


def announces(file: Path) -> bool:
    """Whether there is a function in the file, or in a class of it, with the decorator `scenario`."""
    try:
        text = file.read_bytes()
        return _WORD in text and any(_is_scenario(node) for node in _functions(ast.parse(text)))
    except (OSError, SyntaxError, ValueError):
        return False


def _functions(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    for node in tree.body:
        for each in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(each, ast.FunctionDef):
                yield each


def _is_scenario(function: ast.FunctionDef) -> bool:
    calls = [node.func for node in function.decorator_list if isinstance(node, ast.Call)]
    return any(getattr(call, "id", getattr(call, "attr", "")) == "scenario" for call in calls)


def _files(config: pytest.Config) -> Iterator[Path]:
    """The test files that pytest will look into, by the names that it goes by."""
    patterns, pruned = config.getini("python_files"), config.getini("norecursedirs")
    for argument in config.args:
        path = config.invocation_params.dir / argument.partition("::")[0]
        if not path.is_dir():
            yield path
            continue
        for directory, inner, names in os.walk(path):
            inner[:] = [name for name in inner if not any(fnmatch(name, pattern) for pattern in pruned)]
            for name in names:
                if any(fnmatch(name, pattern) for pattern in patterns):
                    yield Path(directory, name)


def _selects(config: pytest.Config) -> bool:
    """Whether the command line leaves out some of what is in the files."""
    option = config.option
    named = ("keyword", "markexpr", "deselect", "lf", SCENARIO)
    return any("::" in argument for argument in config.args) or any(getattr(option, name, None) for name in named)
