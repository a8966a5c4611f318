"""No module means "this computer" silently: who uses a host has one, and the environment is read in few places."""

import ast
from collections.abc import Iterator

import pytest

from pretended import ROOT

PACKAGE = ROOT / "harness" / "swarmdrill"
MODULES = {".".join(path.relative_to(PACKAGE).with_suffix("").parts): path for path in PACKAGE.rglob("*.py")}
# They look at this computer, or read what a user asks for.
OPEN = ("host", "setup", "cli", "base")
# Who decides on which host something is: what was asked for, or where a lab was made.
DECIDES = ("machines.hosts",)
# Who shows something to whoever looks on: a terminal, a CI system.
SHOWS = ("report", "pytestplugin")
# Modules of `host` that say what is used on this computer where nobody says it.
SILENT = ("swarmdrill.host.client", "swarmdrill.host.address")
MAKES_A_HOST = "this_host"
VARIABLES = ("environ", "environb", "getenv", "getenvb")


def offences(module: str, text: str) -> list[str]:
    """What the module may not use."""
    return [found for found in _used(ast.parse(text)) if not _may(module, found)]


def _may(module: str, used: str) -> bool:
    top = module.split(".", maxsplit=1)[0]
    if used == MAKES_A_HOST:
        return top in OPEN or module in DECIDES
    if used == "variables":
        return top in (*OPEN, *SHOWS)
    # The address of a host can be shown by anybody.
    return top in OPEN or used == "swarmdrill.host.address.shown"


def _used(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in (*VARIABLES, MAKES_A_HOST):
            yield node.attr
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(SILENT))
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                if alias.name in (*VARIABLES, MAKES_A_HOST, "variables"):
                    yield alias.name
                elif whole.startswith(SILENT):
                    yield whole


@pytest.mark.parametrize("module", sorted(MODULES))
def test_nobody_means_this_computer_silently(module: str) -> None:
    assert offences(module, MODULES[module].read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("planted", "seen"),
    [
        ("import os\nhome = os.environ['HOME']", "environ"),
        ("import os\nhome = os.getenv('HOME')", "getenv"),
        ("from os import environ", "environ"),
        ("from swarmdrill.host import client\nclient.path()", "swarmdrill.host.client"),
        ("from swarmdrill.host.client import path", "swarmdrill.host.client.path"),
        ("import swarmdrill.host.client", "swarmdrill.host.client"),
        ("from swarmdrill.host.address import in_use", "swarmdrill.host.address.in_use"),
        ("def f():\n    from swarmdrill.host.host import this_host", "this_host"),
        ("from swarmdrill.host import host\nhost.this_host()", "this_host"),
        ("from swarmdrill.base.settings import variables", "variables"),
    ],
)
def test_whoever_does_is_seen(planted: str, seen: str) -> None:
    text = MODULES["machines.containers.provider"].read_text(encoding="utf-8")
    assert offences("machines.containers.provider", f"{text}\n{planted}\n") == [seen]


def test_an_engine_cannot_be_asked_without_a_host() -> None:
    """The types say it for everybody: what asks an engine, or makes something on it, takes a host."""
    ask = ast.parse(MODULES["host.engine"].read_text(encoding="utf-8"))
    taking = {node.name: [arg.arg for arg in node.args.args] for node in ask.body if isinstance(node, ast.FunctionDef)}
    assert taking == {"ask": ["host"], "examine": ["host"]}
