"""`quoted` takes what somebody else wrote, such as Docker's answer; what this project says has a key: it is `said`."""

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from pretended import ROOT

SOURCES = [path for folder in ("harness/swarmdrill", "scenarios") for path in sorted((ROOT / folder).rglob("*.py"))]
# These cut short what others say: an engine's error, a library's refusal of a file.
CUT_SHORT = ("short", "problem")
# What is done to the words of others to find those that matter.
PICKED = ("strip", "rstrip", "splitlines", "partition", "removeprefix")


def assigned_in(scope: ast.AST) -> Mapping[str, list[ast.expr]]:
    """What each name is given in a function."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(scope):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in (each for each in targets if isinstance(each, ast.Name)):
                found.setdefault(target.id, []).append(node.value)
    return found


def is_somebody_elses(node: ast.expr, assigned: Mapping[str, list[ast.expr]]) -> bool:
    """Whether an expression is what somebody else wrote, as far as the source shows: a name, or a part of something.

    What this project puts together (an f-string, a join, what a call of ours describes) has arguments, and is `said`.
    """
    match node:
        case ast.Name(id=name):
            return not any(is_put_together(value) for value in assigned.get(name, ()))
        case ast.Attribute(value=value) | ast.Subscript(value=value):
            return isinstance(value, ast.Name | ast.Attribute) or is_somebody_elses(value, assigned)
        case ast.BoolOp(op=ast.Or(), values=[first, *_]):
            return is_somebody_elses(first, assigned)
        case ast.Call(func=ast.Attribute(attr=name, value=value)) if name in PICKED:
            return is_somebody_elses(value, assigned)
        case ast.Call(func=ast.Name(id="str"), args=[value]):
            return is_somebody_elses(value, assigned)
        case ast.Call(func=ast.Name(id=name)):
            return name in CUT_SHORT
    return False


def is_put_together(node: ast.expr) -> bool:
    """Whether an expression is a text of this project's own: written, joined, or what a call says of data."""
    match node:
        case ast.JoinedStr() | ast.Constant(value=str()) | ast.BinOp():
            return True
        case ast.IfExp(body=one, orelse=other):
            return is_put_together(one) or is_put_together(other)
        case ast.BoolOp(values=values):
            return any(is_put_together(value) for value in values)
        case ast.Call():
            return called(node) in ("format", "join", "replace") or called(node).startswith("describe")
    return False


def called(node: ast.Call) -> str:
    """The name of what is called, without what it belongs to."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def problems(source: str) -> list[str]:
    """Each call of `quoted` that is given words of this project's own."""
    tree = ast.parse(source)
    scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    found = []
    for node in (each for each in ast.walk(tree) if isinstance(each, ast.Call) and called(each) == "quoted"):
        around = [scope for scope in scopes if scope.lineno <= node.lineno <= (scope.end_lineno or 0)]
        given = node.args[0] if node.args else node.keywords[0].value
        if not is_somebody_elses(given, assigned_in(around[-1] if around else tree)):
            found.append(f"{node.lineno}: {ast.unparse(node)}")
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_quoted_is_somebody_elses(path: Path) -> None:
    assert problems(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        'quoted(f"kill {name}")',
        'quoted("kill it")',
        'quoted(" ".join([a, b]))',
        'quoted("; ".join(view.describe() for view in views))',
        "quoted(separator.join(names))",
        'quoted(a + ": " + b)',
        'quoted("{} is gone".format(name))',
        "quoted(cluster.describe_views())",
        "quoted(node.describe().strip())",
        "quoted(str(cluster.describe_views()))",
        'quoted(reply.text if reply else "nothing")',
        'def f() -> None:\n    text = f"{name} leads"\n    quoted(text)',
        'def f() -> None:\n    text = " ".join([a, b])\n    quoted(text)',
        "def f() -> None:\n    text = cluster.describe_views()\n    quoted(text)",
        'def f() -> None:\n    if (text := f"{name} leads"):\n        quoted(text)',
    ],
)
def test_what_is_planted_is_found(planted: str) -> None:
    assert len(problems(planted)) == 1


@pytest.mark.parametrize(
    "right",
    [
        "quoted(reply.text)",
        "quoted(str(problem).splitlines()[-1])",
        "quoted(short(problem.stderr))",
        "def f(title: str) -> None:\n    quoted(title)",
    ],
)
def test_what_is_right_is_left_alone(right: str) -> None:
    assert problems(right) == []
