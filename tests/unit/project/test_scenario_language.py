"""Scenarios read like the document: they hand no line to a shell or to docker, and take no text apart.

What a scenario may do is listed, and the rest refused: what it imports and which of Python's own functions it uses. A
method that takes lines or texts is refused when it is named, not when it is called.

What they do to a machine has a name in the package, and what it comes to is data when it gets to them.
"""

import ast
import builtins
import inspect
import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath

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
# Of the standard library and of the package: a folder, a module of it, or one name. Of `time`, only `monotonic`.
IMPORTS = {"collections", "contextlib", "dataclasses", "datetime", "enum", "functools", "pathlib", "pytest"}
IMPORTS |= {"time.monotonic", "typing"} | {
    f"swarmdrill.{name}"
    for name in (
        *("backup", "faults", "members", "observe", "procedures", "raft.model", "sequences", "workload"),
        *("base.errors", "base.messages", "base.settings", "base.trace", "base.waiting"),
        *("machines.capabilities", "pytestplugin.markers", "swarm.shell.CommandFailed"),
        *(f"swarm.{name}" for name in ("clock", "cluster", "files", "formation", "logs", "machine", "replies")),
        *("swarm.snapshots", "swarm.views"),
    )
}
# Python's own functions that work on data.
BUILTINS = {"abs", "all", "any", "bool", "dict", "enumerate", "frozenset", "int", "isinstance", "len", "list", "map"}
BUILTINS |= {"max", "min", "next", "object", "property", "range", "reversed", "set", "sorted", "str", "sum", "tuple"}
BUILTINS |= {"zip", "float", "round", "super"}
# What only text can do: `name.split()`, and not `names.index(name)`.
TEXT_METHODS = {
    name for name in set(dir(str)) - set(dir(list)) - set(dir(tuple)) - set(dir(set)) if not name.startswith("__")
}
# What a path does to the files of this computer.
FILES = set(dir(Path)) - set(dir(PurePath)) - {"group"}
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
        case ast.Import(names=modules):
            yield from (f"imports {each.name}" for each in modules if each.name not in IMPORTS | {"time"})
        case ast.ImportFrom(module=module, names=taken):
            full = [f"{module}.{each.name}" for each in taken]
            yield from (f"imports {each}" for each in full if not any(f"{each}.".startswith(f"{a}.") for a in IMPORTS))
        case ast.Attribute(value=ast.Name(id="time"), attr=name) if name != "monotonic":
            yield f"waits by itself: {ast.unparse(node)}"
        case ast.Attribute(attr=name) if name in DOORS:
            yield f"a line for a shell or a client: {ast.unparse(node)}"
        case ast.Attribute(attr=name) if name in TEXT_METHODS:
            yield f"takes text apart, or puts it together: {ast.unparse(node)}"
        case ast.Attribute(attr=name) if name in FILES:
            yield f"files of this computer: {ast.unparse(node)}"
        case ast.Name(id=name) if hasattr(builtins, name) and not is_an_error(name) and name not in BUILTINS:
            yield f"no work of a scenario: {name}"
        case ast.Call(func=ast.Name(id="int" | "float")):
            yield f"reads text: {ast.unparse(node)}"
        case ast.Compare(left=left, ops=ops) if any(isinstance(each, ast.In | ast.NotIn) for each in ops):
            if is_text(left):
                yield f"looks for text: {ast.unparse(node)}"
        case ast.Match():
            yield "takes something apart by `match`"
    if isinstance(node, ast.Name | ast.Attribute) and full_name(node, names) in OF_LINES:
        yield f"a part of a line: {ast.unparse(node)}"


def is_an_error(name: str) -> bool:
    """Whether a name of Python's own is that of an error, or of a constant."""
    value = getattr(builtins, name)
    return value in (None, True, False) or (isinstance(value, type) and issubclass(value, BaseException))


def called(node: ast.Call) -> str:
    """The name of what is called, without what it belongs to."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_text(node: ast.expr) -> bool:
    """Whether the expression is a literal text, or one with names in it."""
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


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
        'open("/etc/hosts")',
        'run = machine.run\nrun("true")',
        "cluster.on_each(machine.run, machines)",
        'getattr(machine, "run")("true")',
        'from swarmdrill.base import programs\nprograms.call("docker", "ps")',
        "from swarmdrill.base.programs import call",
        "from swarmdrill.swarm.shell import Shell",
        "from swarmdrill.swarm import engine",
        "import swarmdrill.base.programs",
        "from .. import something",
        "from swarmdrill.workload.tasks import in_container as inside\nread = inside",
        "from pathlib import Path\nPath(name).read_text()",
        'Path("/etc/hosts").exists()',
        "read = path.read_bytes",
        "split = str.split",
        'match reply.text:\n    case "4789":\n        pass',
        'match reply:\n    case Reply(text="4789"):\n        pass',
        'eval("machine")',
        "vars(machine)",
        "print(machine)",
        "import time\ntime.sleep(1)",
        "from time import sleep",
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
        "from swarmdrill.swarm.shell import CommandFailed",
        "raise AssertionError",
        'wait_everywhere(cluster, f"config/{name}")',
        "from collections.abc import Mapping",
        "before == after",
    ],
)
def test_what_is_right_is_left_alone(right: str) -> None:
    assert problems(right) == []
