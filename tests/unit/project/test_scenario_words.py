"""What Docker or a machine says goes through a scenario as it is: to who tells it, and nowhere else."""

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from pretended import ROOT

SCENARIOS = sorted((ROOT / "scenarios").rglob("*.py"))
# Where the words of others are, which are handed on to the report as they are.
WORDS = {"stdout", "stderr", "text", "error", "exit_status"}
# Who hands them on, or compares them where that has a name.
TELLERS = {"said", "quoted", "of_error", "observe", "in_turn", "trial"}


def problems(source: str) -> list[str]:
    """Where words of others are bound, compared, counted, matched or taken apart, with the line."""
    tree = ast.parse(source)
    around = {inner: outer for outer in ast.walk(tree) for inner in ast.iter_child_nodes(outer)}
    return [
        f"{node.lineno}: {ast.unparse(around[node])}"
        for node in ast.walk(tree)
        if isinstance(node, ast.expr) and is_words(node) and not is_handed_on(node, around)
    ]


def called(node: ast.Call) -> str:
    """The name of what is called, without what it belongs to."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def is_told(node: ast.AST, around: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether what was made a sentence of goes to who tells it, by a name or in a list of what was seen."""
    outer = around[node]
    while isinstance(outer, ast.IfExp | ast.GeneratorExp | ast.Tuple):
        node, outer = outer, around[outer]
    if isinstance(outer, ast.Call):
        return node is not outer.func and called(outer) in TELLERS | {"append"}
    return isinstance(outer, ast.keyword | ast.List | ast.ListComp | ast.Lambda)


def is_handed_on(node: ast.AST, around: Mapping[ast.AST, ast.AST]) -> bool:
    """Whether words go straight to who tells them, or are asked for their data: `refusal.error.findings`."""
    if isinstance(node, ast.Call) and is_told(node, around):
        return True
    outer = around[node]
    while isinstance(outer, ast.keyword | ast.IfExp | ast.GeneratorExp | ast.ListComp | ast.List | ast.Tuple):
        if isinstance(outer, ast.IfExp) and node is outer.test:
            return False
        node, outer = outer, around[outer]
    if isinstance(outer, ast.Attribute):
        return outer.attr not in WORDS
    return isinstance(outer, ast.Call) and node is not outer.func and called(outer) in TELLERS


def is_words(node: ast.expr) -> bool:
    """Whether the expression is what others said, or makes text of what is data: `str(problem)`, `state.describe()`."""
    if isinstance(node, ast.Attribute):
        return node.attr in WORDS
    return isinstance(node, ast.Call) and (
        called(node) == "describe"
        or (isinstance(node.func, ast.Name) and node.func.id in ("repr", "format"))
        or (isinstance(node.func, ast.Name) and node.func.id == "str" and not is_member(node.args[0]))
    )


def is_member(node: ast.expr) -> bool:
    """Whether the expression names a member of an enumeration: `Holds.NEWEST`."""
    return isinstance(node, ast.Attribute) and node.attr.isupper()


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.name)
def test_a_scenario_hands_words_on(path: Path) -> None:
    assert problems(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        "name in state.describe()",
        "word in found.error",
        'reply.text == "4789"',
        "reply.exit_status == 1",
        "reply.text[12:]",
        '"No space left" in str(refusal)',
        "text = reply.text",
        'text = reply.text\ntext == "x"',
        "text = reply.stdout\nlen(text)",
        "len(reply.text)",
        "sorted(reply.stdout)",
        "for sign in reply.text:\n    pass",
        'x = f"{reply.text}"',
        'match reply.text:\n    case "4789":\n        pass',
        "reply.text < other",
        "not reply.stderr",
        "words = state.describe()",
    ],
)
def test_what_is_planted_is_found(planted: str) -> None:
    assert problems(planted)


@pytest.mark.parametrize(
    "right",
    [
        "observe(said('x'), reply.text)",
        'said("{x}", x=said("told") if told.done else told.text)',
        "in_turn(view.describe() for view in views)",
        "problem = refusal.error.findings",
        "shown == str(Holds.NEWEST)",
    ],
)
def test_what_is_right_is_left_alone(right: str) -> None:
    assert problems(right) == []
