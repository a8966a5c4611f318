"""Programs are started in one module of the package: read from the tree of each source, under whatever name."""

import ast
import os
from collections.abc import Mapping
from pathlib import Path

import pytest

from pretended import ROOT

PACKAGE = ROOT / "harness" / "swarmdrill"
DOOR = "base/programs.py"
# Taking over the terminal for ssh starts nothing: this process becomes the other.
BECOMES_ANOTHER = {"cli/labs/ssh.py"}
# Modules of the standard library that start programs or processes, whatever of them is used.
MODULES = {"subprocess", "multiprocessing", "pty", "popen2", "commands", "_posixsubprocess", "asyncio.subprocess"}
# Of `os` it is what begins so; and what is reached under any other module's name.
OF_OS = ("exec", "fork", "popen", "posix_spawn", "spawn", "startfile", "system")
ANYWHERE = ("create_subprocess_", "subprocess_exec", "subprocess_shell", "ProcessPoolExecutor")
BY_A_TEXT = {"__import__", "import_module", "getattr"}


def names_of(tree: ast.AST) -> Mapping[str, str]:
    """What names stand for that are imported: `o` is `os`, `run` is `subprocess.run`."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {each.asname or each.name.partition(".")[0]: each.name for each in node.names}
        if isinstance(node, ast.ImportFrom):
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def is_a_start(name: str) -> bool:
    """Whether a full name is one of what starts programs."""
    module, _, last = name.rpartition(".")
    inside = any(name == each or name.startswith(f"{each}.") for each in MODULES)
    return inside or (module in ("os", "posix") and last.startswith(OF_OS)) or last.startswith(ANYWHERE)


def starts(source: str) -> list[str]:
    """What starts programs, or is taken from where that is, by its full name; modules asked for by a text too."""
    tree = ast.parse(source)
    names = names_of(tree)
    found = [name for name in names.values() if is_a_start(name)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            of = names.get(node.value.id, "") if isinstance(node.value, ast.Name) else ""
            found += [name for name in (f"{of}.{node.attr}",) if is_a_start(name)]
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            first = [names.get(each.id, "") for each in node.args[:1] if isinstance(each, ast.Name)]
            texts = [str(each.value) for each in node.args if isinstance(each, ast.Constant)]
            if called in BY_A_TEXT and (first == ["os"] or any(is_a_start(each) for each in texts)):
                found.append(ast.unparse(node))
    return found


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_other_module_starts_programs(path: Path) -> None:
    found = starts(path.read_text(encoding="utf-8"))
    name = path.relative_to(PACKAGE).as_posix()
    if name in BECOMES_ANOTHER:
        found = [each for each in found if not each.startswith("os.exec")]
    assert bool(found) == (name == DOOR), found


@pytest.mark.parametrize(
    "planted",
    [
        "import subprocess",
        "from subprocess import run",
        "import subprocess as s",
        "import asyncio\nasync def f(): await asyncio.create_subprocess_exec('ls')",
        "from asyncio import create_subprocess_shell",
        "import asyncio.subprocess",
        "async def f(loop): await loop.subprocess_shell(None, 'ls')",
        "import pty\npty.spawn('ls')",
        "import multiprocessing",
        "from multiprocessing import Process",
        "from concurrent.futures import ProcessPoolExecutor",
        "import os\nos.posix_spawn('ls', [], {})",
        "import os\nos.execv('ls', [])",
        "import os\nos.popen('ls')",
        "import os\nos.fork()",
        "import os as o\no.system('ls')",
        "import os\nrun = os.system",
        "from os import system as say",
        "import os\ngetattr(os, name)('ls')",
        "import importlib\nimportlib.import_module('subprocess')",
        "__import__('subprocess')",
    ],
)
def test_what_is_planted_is_found(planted: str) -> None:
    assert starts(planted)


@pytest.mark.parametrize(
    "right",
    ["import os\nos.stat('x')", "from os import path", "import asyncio", '"""Runs subprocess and os.system."""'],
)
def test_what_is_right_is_left_alone(right: str) -> None:
    assert starts(right) == []


def test_the_names_are_those_of_this_python() -> None:
    assert {each for each in OF_OS if not any(name.startswith(each) for name in dir(os))} == {"startfile"}
