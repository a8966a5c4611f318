"""Scenarios read like the document: they hand no line to a shell or to docker, and take no text apart.

What they do to a machine has a name in the package, and what it comes to is data when it gets to them.
"""

import ast
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pretended import ROOT
from swarmdrill.machines.ssh import Remote
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.shell import Shell

PACKAGE = ROOT / "harness" / "swarmdrill"
SCENARIOS = sorted((ROOT / "scenarios").rglob("*.py"))
# What a parameter is called that takes what a shell or a client would read.
LINES = {"command", "commands", "line", "script", "options", "arguments"}
# The standard library without what runs programs, opens files, or takes text apart.
MODULES = {"collections", "contextlib", "dataclasses", "datetime", "enum", "functools", "pathlib", "time", "typing"}
# What only text can do: `name.split()`, and not `names.index(name)`.
TEXT_METHODS = {
    name for name in set(dir(str)) - set(dir(list)) - set(dir(tuple)) - set(dir(set)) if not name.startswith("__")
}
# Where the words of others are, which are handed on to the report as they are.
WORDS = {"stdout", "stderr", "text", "error", "exit_status"}
# Makes a sentence of a literal, which may have any sign in it.
SENTENCES = {"said", "phase", "step", "scenario", "case", "param"}
SHELL = re.compile(r"^-|\s-|[|;&$`<>*\\]|\{\{")


def doors() -> set[str]:
    """The methods of machines, shells and engines that take a command line, or a function that asks a client."""
    found = {"ask", "connect"}
    for kind in (Machine, Shell, Engine, Remote):
        for name, method in inspect.getmembers(kind, inspect.isfunction):
            parameters = inspect.signature(method).parameters.values()
            variable = any(each.kind is each.VAR_POSITIONAL for each in parameters)
            if not name.startswith("_") and (variable or LINES & {each.name for each in parameters}):
                found.add(name)
    return found


def functions_of_lines() -> set[str]:
    """The package's own functions that take a command line, or a part of one, by module and name."""
    return {
        ".".join([*path.relative_to(PACKAGE.parent).with_suffix("").parts, node.name])
        for path in PACKAGE.rglob("*.py")
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and LINES & {each.arg for each in (*node.args.args, *node.args.kwonlyargs)}
    }


DOORS = doors()
OF_LINES = functions_of_lines()


def problems(source: str) -> list[str]:
    """Each thing in a scenario that is the harness's work, with its line."""
    tree = ast.parse(source)
    names = imported(tree)
    found = [f"{node.lineno}: {problem}" for node in ast.walk(tree) for problem in problems_of(node, names)]
    return found + [f"{text.lineno}: shell syntax: {text.value!r}" for text in plain_texts(tree) if is_shell(text)]


def imported(tree: ast.AST) -> dict[str, str]:
    """What the names stand for that the source imports: `services` is `swarmdrill.workload.services`."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


def full_name(node: ast.expr, names: Mapping[str, str]) -> str:
    """What is called by its full name, where the source has imported it or its module."""
    match node:
        case ast.Name(id=name):
            return names.get(name, name)
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return f"{names.get(module, module)}.{name}"
    return ""


def problems_of(node: ast.AST, names: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with one node of the source, but for its texts."""
    match node:
        case ast.Import(names=names):
            modules = [alias.name for alias in names]
        case ast.ImportFrom(module=str(module)):
            modules = [module]
        case _:
            modules = []
    for module in modules:
        if module.split(".")[0] not in MODULES | {"pytest", "swarmdrill"}:
            yield f"imports {module}"
    if isinstance(node, ast.Call):
        name = called(node)
        if isinstance(node.func, ast.Attribute) and name in DOORS:
            yield f"a line for a shell or a client: {ast.unparse(node)}"
        if full_name(node.func, names) in OF_LINES:
            yield f"a part of a line: {ast.unparse(node)}"
        if isinstance(node.func, ast.Attribute) and name in TEXT_METHODS:
            yield f"takes text apart, or puts it together: {ast.unparse(node)}"
        if isinstance(node.func, ast.Name) and name in ("int", "float", "open", "eval"):
            yield f"reads text: {ast.unparse(node)}"
    if isinstance(node, ast.Compare):
        sides = [node.left, *node.comparators]
        if any(isinstance(each, ast.In | ast.NotIn) for each in node.ops) and is_text(node.left):
            yield f"looks for text: {ast.unparse(node)}"
        elif any((isinstance(side, ast.Attribute) and side.attr in WORDS) or is_words(side) for side in sides):
            yield f"compares words of others: {ast.unparse(node)}"
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Attribute) and node.value.attr in WORDS:
        yield f"takes words of others apart: {ast.unparse(node)}"


def called(node: ast.Call) -> str:
    """The name of what is called, without what it belongs to."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_text(node: ast.expr) -> bool:
    """Whether the expression is a literal text, or one with names in it."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def is_words(node: ast.expr) -> bool:
    """Whether the expression makes text of what is data: `str(problem)`, `state.describe()`."""
    return isinstance(node, ast.Call) and (
        called(node) == "describe"
        or (isinstance(node.func, ast.Name) and node.func.id in ("repr", "format"))
        or (isinstance(node.func, ast.Name) and node.func.id == "str" and not is_member(node.args[0]))
    )


def is_member(node: ast.expr) -> bool:
    """Whether the expression names a member of an enumeration: `Holds.NEWEST`."""
    return isinstance(node, ast.Attribute) and node.attr.isupper()


def plain_texts(tree: ast.AST) -> Iterator[ast.Constant]:
    """The literal texts of the source, without docstrings and sentences."""
    apart = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            apart.add(id(node.value))
        if isinstance(node, ast.Call) and called(node) in SENTENCES:
            apart |= {id(each) for each in (*node.args, *(keyword.value for keyword in node.keywords))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in apart:
            yield node


def is_shell(text: ast.Constant) -> bool:
    """Whether a shell or a client would read it as more than a word."""
    return SHELL.search(str(text.value)) is not None


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.name)
def test_a_scenario_reads_like_the_document(path: Path) -> None:
    assert problems(path.read_text(encoding="utf-8")) == []


def test_the_doors_are_found() -> None:
    """They are read from the classes themselves: one that is added is one more."""
    assert {"run", "quietly", "docker", "typed", "type_until", "ask", "pasteable"} <= DOORS
    assert "swarmdrill.workload.tasks.in_container" in OF_LINES


@pytest.mark.parametrize(
    "planted",
    [
        'machine.run("true")',
        "cluster.on_each(lambda machine: machine.run(LINE), machines)",
        'machine.engine.typed("node ls")',
        'machine.engine.docker("node", "ls")',
        "machine.engine.ask(lambda client: client.node.list())",
        'machine.shell.quietly("true")',
        'from swarmdrill.workload.tasks import in_container\nin_container(cluster, "web", "true")',
        'from swarmdrill.workload import tasks\ntasks.in_container(cluster, "web", "true")',
        'services.create(machine, "web", "--replicas 2")',
        'READ = "cat /page | wc"',
        'other(f"rm -r {directory}")',
        'other("{{.ID}}")',
        "reply.stdout.split()",
        "names = listed.splitlines()",
        'name.startswith("network/")',
        '", ".join(names)',
        'name.partition("/")',
        "int(listed)",
        "float(listed)",
        "import json",
        "import re",
        "from subprocess import run",
        "import os.path",
        '"No space left" in str(refusal)',
        '"won 0" in stood',
        'f" {address}:" in command',
        "word in found.error",
        "name in state.describe()",
        'reply.text == "4789"',
        "reply.exit_status == 1",
        "reply.text[12:]",
        'open("/etc/hosts")',
    ],
)
def test_what_is_planted_is_found(planted: str) -> None:
    assert problems(planted)


@pytest.mark.parametrize(
    "right",
    [
        'said("{reply}; then {other}", reply=reply.describe())',
        'with phase("stop -- and start; {machine}", machine=machine):\n    machine.stop_docker()',
        'expect((), said("x"), holds=reply.refused("not part of a swarm"), observed=quoted(reply.text))',
        "order[: order.index(name)]",
        "name in names",
        "shown == str(Holds.NEWEST)",
        'wait_everywhere(cluster, f"config/{name}")',
        "from collections.abc import Mapping",
        "before == after",
    ],
)
def test_what_is_right_is_left_alone(right: str) -> None:
    assert problems(right) == []
