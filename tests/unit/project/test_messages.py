"""Every sentence of an event, of a wait or of an error has a key that is a literal, so that all can be translated."""

import ast
import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_file

from pretended import ROOT
from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.events import Event, Outcome, VerdictGiven
from swarmdrill.base.messages import Message, placeholders, said
from swarmdrill.raft.model import predict
from swarmdrill.sequences.actions import Action, ActionKind, steps_of
from swarmdrill.sequences.play import play
from swarmdrill.sequences.simulated import SimulatedSubject

# `phase` and `step` of the trace and of the set-up hand on what they are given.
SOURCES = [
    path
    for folder in ("harness/swarmdrill", "scenarios")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name not in ("trace.py", "steps.py")
]
# What makes a Message of its first argument, which is the key.
MAKERS = ("said", "phase", "step")
KEYWORDS = ("why", "expected", "observed", "what")


def takers(trees: Sequence[ast.Module]) -> Mapping[str, set[int]]:
    """Where Messages go to: by the name of what is called, the positions at which something of that name takes one.

    They are read from the annotations of functions and of the fields of dataclasses. An error without an `__init__` of
    its own takes what its base takes; all begin with `Told`.
    """
    found: dict[str, set[int]] = {}
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("__"):
            found.setdefault(node.name, set()).update(positions([each.annotation for each in own(node.args.args)]))
    classes = {node.name: node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    return {name: each for name, each in {**found, **{name: taken(name, classes) for name in classes}}.items() if each}


def taken(name: str, classes: Mapping[str, ast.ClassDef]) -> set[int]:
    """The positions at which a class takes Messages when it is made."""
    body = classes[name].body
    for made in body:
        if isinstance(made, ast.FunctionDef) and made.name == "__init__":
            return positions([each.annotation for each in own(made.args.args)])
    bases = [base.id for base in classes[name].bases if isinstance(base, ast.Name) and base.id in classes]
    fields = [each.annotation for each in body if isinstance(each, ast.AnnAssign)]
    return positions(fields) if fields or not bases else taken(bases[0], classes)


def own(arguments: Sequence[ast.arg]) -> list[ast.arg]:
    """The arguments that a caller gives."""
    return [each for each in arguments if each.arg not in ("self", "cls")]


def positions(annotations: Sequence[ast.expr | None]) -> set[int]:
    """Which of them are those of a Message."""
    return {number for number, each in enumerate(annotations) if is_message(each)}


def is_message(annotation: ast.expr | None) -> bool:
    """Whether it is the annotation of a Message."""
    return isinstance(annotation, ast.Name) and annotation.id == "Message"


TAKERS = takers(
    [ast.parse(path.read_text(encoding="utf-8")) for path in (ROOT / "harness" / "swarmdrill").rglob("*.py")]
)


def called(node: ast.Call) -> str:
    """The name of what is called, without what it belongs to."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def makes(node: ast.Call) -> bool:
    """Whether a call makes a Message of a key: a replica of Raft also has a `step`."""
    of = node.func.value if isinstance(node.func, ast.Attribute) else None
    return called(node) in MAKERS and (of is None or (isinstance(of, ast.Name) and of.id in ("trace", "steps")))


def composed(node: ast.expr) -> bool:
    """Whether the expression is plain text, put together or not, and so no Message."""
    match node:
        case ast.JoinedStr() | ast.Constant(value=str()):
            return True
        case ast.BinOp(op=ast.Add() | ast.Mod() | ast.Mult()):
            return composed(node.left) or composed(node.right)
        case ast.Call(func=ast.Attribute(attr="format" | "join" | "replace" | "strip", value=value)):
            return isinstance(value, ast.Constant | ast.JoinedStr) or composed(value)
        case ast.Call(func=ast.Name(id="str" | "repr")):
            return True
        case ast.IfExp():
            return composed(node.body) or composed(node.orelse)
        case ast.BoolOp():
            return any(composed(value) for value in node.values)
    return False


def plain_names(tree: ast.AST) -> set[str]:
    """Names that a function gives plain text, or takes as `str`; what is a Message elsewhere in it is no such name."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and composed(node.value):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.arg) and isinstance(node.annotation, ast.Name) and node.annotation.id == "str":
            found.add(node.arg)
    return found


def problems(source: str, name: str) -> list[str]:
    """File and line of each call whose sentence has no key, or a key that no program can find."""
    found = []
    tree = ast.parse(source)
    scopes = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        around = [scope for scope in scopes if scope.lineno <= node.lineno <= (scope.end_lineno or 0)]
        plain = plain_names(around[-1]) if around else set()
        for argument in sentences_of(node):
            if composed(argument) or (isinstance(argument, ast.Name) and argument.id in plain):
                found.append(f"{name}:{node.lineno}: {called(node)} takes no plain text: {ast.unparse(argument)}")
        if makes(node):
            found += [f"{name}:{node.lineno}: {called(node)}: {problem}" for problem in key_problems(node)]
    return found


def sentences_of(node: ast.Call) -> Iterator[ast.expr]:
    """The arguments of a call that have to be Messages."""
    if makes(node):
        return
    for position in TAKERS.get(called(node), ()):
        if len(node.args) > position:
            yield node.args[position]
    for keyword in node.keywords:
        if keyword.arg in KEYWORDS or (keyword.arg, called(node)) == ("title", "scenario"):
            yield keyword.value


def key_problems(node: ast.Call) -> Iterator[str]:
    """Why a program that reads the source cannot find the key of this call, or a translator not its arguments."""
    key = node.args[0] if node.args else None
    if not (isinstance(key, ast.Constant) and isinstance(key.value, str)):
        yield f"the key is no literal: {ast.unparse(node)}"
        return
    given = {keyword.arg for keyword in node.keywords}
    if given != placeholders(key.value):
        yield f"placeholders {sorted(placeholders(key.value))}, arguments {sorted(map(str, given))}"


def keys_of(paths: list[Path]) -> set[str]:
    """All keys, as the extractor of translators finds them."""
    keywords = dict.fromkeys(MAKERS)
    return {
        text
        for path in paths
        for _, text, _, _ in extract_from_file("python", str(path), keywords=keywords)  # type: ignore[arg-type]
        if isinstance(text, str)
    }


CATALOGUE = keys_of([*SOURCES])


class TestSources:
    @pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
    def test_every_sentence_has_a_literal_key(self, path: Path) -> None:
        assert problems(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT))) == []

    def test_the_type_checker_reads_all_of_them(self) -> None:
        """It alone knows of a variable whether it is a Message, and every taker says that it wants one."""
        known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mypy"]
        assert {"harness", "scenarios"} <= set(known["files"])
        assert known["strict"]

    @pytest.mark.parametrize(
        "planted",
        [
            'NotYet(f"{name} is down")',
            'NotYet("down")',
            'cluster.wait(f"{name} leads", condition, seconds=3)',
            'cluster.wait("a" + name, condition, seconds=3)',
            'LabBroken("{} is gone".format(name))',
            'UsageProblem("%s is gone" % name)',
            'machine.run("true", why=f"is {name} there?")',
            'expect(("D1",), said("x"), holds=True, observed=f"{name} is there")',
            'expect(("D1",), said("x"), holds=True, observed="; ".join(names))',
            'expect(("D1",), said("x"), holds=True, observed=str(problem))',
            'expect(("D1",), said("x"), holds=True, observed=said("y") if name else "nothing")',
            "def f(name: str) -> None:\n    cluster.wait(name, condition, seconds=3)",
            'def f() -> None:\n    text = f"{name} leads"\n    cluster.wait(text, condition, seconds=3)',
            'phase(f"kill {name}")',
            'phase("kill {name}")',
            'phase("kill {name}", machine=name)',
            'said(f"kill {name}")',
            "said(text)",
            "step(text)",
            'raise ConditionNotMet(f"{a}: {b}")',
            'raise StepFailed(f"{a}: {b}")',
            'raise steps.UserMustAct("do it yourself")',
            'raise ReportError(f"{a} is missing")',
            'raise ClientFailed(command, f"no answer within {timeout} s")',
            'steps.step(f"install {name}")',
            'CopyFinding("manager1", CopyKind.STALE, f"{number} files")',
            'scenario(id="x", title="A title that nobody can translate")',
        ],
    )
    def test_what_is_planted_is_found(self, planted: str) -> None:
        assert len(problems(planted, "planted.py")) == 1
        assert problems(planted, "planted.py")[0].startswith("planted.py:")

    @pytest.mark.parametrize(
        "right",
        [
            'NotYet(said("{name} is down", name=name))',
            "NotYet(view.describe())",
            'phase("form the swarm")',
            'phase("kill {machines}", machines=lost)',
            "def f(what: Message) -> None:\n    cluster.wait(what, condition, seconds=3)",
        ],
    )
    def test_what_is_right_is_left_alone(self, right: str) -> None:
        assert problems(right, "planted.py") == []


class TestCatalogue:
    def test_every_key_is_extracted(self) -> None:
        literals = {
            node.args[0].value
            for path in SOURCES
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.Call) and called(node) in MAKERS and node.args
            if isinstance(node.args[0], ast.Constant)
        }
        assert literals == CATALOGUE
        assert len(CATALOGUE) > 400

    def test_no_key_is_extracted_where_there_is_none(self, tmp_path: Path) -> None:
        path = tmp_path / "planted.py"
        path.write_text('said(f"kill {name}")\nsaid(text)\nother("not a key")\nsaid("a key")\n', encoding="utf-8")
        assert keys_of([path]) == {"a key"}


def messages_in(message: Message) -> Iterator[Message]:
    """The message, and all that are among its arguments."""
    yield message
    for value in message.args.values():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, Message):
                yield from messages_in(one)


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    monkeypatch.setattr(trace, "TRACE", trace.Trace())
    seen: list[Event] = []
    trace.TRACE.subscribe(seen.append)
    return seen


class TestEvents:
    def test_of_a_simulated_run_all_keys_are_in_the_catalogue(self, events: list[Event]) -> None:
        names = ("manager1", "manager2", "manager3")
        drawn = [Action(ActionKind.BACK_UP, names), Action(ActionKind.DEPLOY), Action(ActionKind.RESTORE, names[:2])]
        play(steps_of(drawn, names), SimulatedSubject(names, random.Random(1)), predict)
        keys = {message.key for event in events for message in messages_in(event.message)}
        assert len(events) > 10
        assert keys <= CATALOGUE, keys - CATALOGUE

    def test_a_composed_sentence_is_recognised(self, events: list[Event]) -> None:
        name = "manager1"
        with trace.phase(f"kill {name}"):
            pass
        assert events[0].message.key not in CATALOGUE

    @pytest.mark.parametrize("field", ["expected", "observed"])
    def test_no_event_is_made_with_a_plain_text(self, field: str) -> None:
        fields = {"expected": said("x"), "observed": said("y")} | {field: "plain"}
        with pytest.raises(TypeError, match="a plain text has no key"):
            VerdictGiven(at=0, step=0, claims=(), outcome=Outcome.HELD, **fields)  # type: ignore[arg-type]

    def test_no_error_is_raised_with_a_plain_text(self) -> None:
        with pytest.raises(TypeError, match="a plain text has no key"):
            raise LabBroken("manager1 is gone")  # type: ignore[arg-type]
