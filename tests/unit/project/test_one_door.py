"""Docker on a machine is reached through one door; time is scaled in one place; machines are compared by name."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "harness" / "swarmdrill"
DOOR = PACKAGE / "swarm" / "engine.py"
# Who deals with machines of a lab. The others run the client of this host, or name commands in what they tell users.
FOLDERS = ("swarm", "members", "workload", "observe", "faults", "procedures", "sequences", "pytestplugin")
SOURCES = tuple(
    path
    for folder in (*(PACKAGE / name for name in FOLDERS), ROOT / "scenarios", ROOT / "tests" / "drills")
    for path in sorted(folder.rglob("*.py"))
    if path != DOOR
)
RUNS = ("run", "quietly")
# Not the service of that name: `service docker stop`, `systemctl stop docker && ...`.
TYPED = re.compile(r"(?<!service )\bdocker (?!(start|stop|restart|status)\b|&|\||;)")
# The wait, the run, and a limit that is no wait: procedures.upgrade.longest_leaderless.
SCALES = {"base/waiting.py", "base/clock.py", "swarm/shell.py", "swarm/engine.py", "machines/vagrant.py"}
SCALES |= {"procedures/upgrade.py"}


def texts_in(node: ast.AST) -> Iterator[str]:
    """Every literal text in a piece of source, those of f-strings as well."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def typed_past_the_door(source: str) -> list[str]:
    """Texts with a docker command that are given to a shell, also by a name or a keyword; `why` is for people."""
    tree = ast.parse(source)
    held = texts_held(tree)
    return [
        text
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in RUNS
        for argument in (*call.args, *(each.value for each in call.keywords if each.arg != "why"))
        for text in (*texts_in(argument), *(each for name in names_in(argument) for each in held.get(name, ())))
        if TYPED.search(text)
    ]


def texts_held(tree: ast.AST) -> Mapping[str, list[str]]:
    """The texts that each name of a module is given, wherever in it, of names that it is given too."""
    given: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                named = [name for target in targets for name in names_in(target)]
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                named = names_in(target)
            case ast.AugAssign(target=target, value=value) | ast.For(target=target, iter=value):
                named = names_in(target)
            case _:
                continue
        for name in named:
            given.setdefault(name, []).append(value)

    def held(name: str, seen: frozenset[str]) -> Iterator[str]:
        for value in given.get(name, ()):
            yield from texts_in(value)
            for other in names_in(value):
                if other not in seen:
                    yield from held(other, seen | {other})

    return {name: [*held(name, frozenset({name}))] for name in given}


def names_in(node: ast.AST) -> list[str]:
    """The names in a piece of source."""
    return [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]


def doors_kept(source: str) -> list[str]:
    """Methods that run something and are handed on uncalled, so that nobody sees what they are given."""
    tree = ast.parse(source)
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    return [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in RUNS and id(node) not in called
        if not ast.unparse(node).startswith("copy_context().")
    ]


def commands_kept(source: str) -> list[str]:
    """Texts of a module's own names or of its functions' defaults that begin with a docker command."""
    assigned = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assign | ast.AnnAssign))
    return [
        text
        for each in assigned
        if each.value is not None
        for text in texts_in(each.value)
        if re.match(r"docker [a-z]", text)
    ]


def imports_whales(source: str) -> bool:
    """Whether python-on-whales is imported, wherever in the file."""
    return any(
        name.split(".")[0] == "python_on_whales"
        for node in ast.walk(ast.parse(source))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    )


def scales(source: str) -> bool:
    """Whether it stretches seconds itself: `clock.seconds(...)`."""
    return any(
        isinstance(node, ast.Call) and ast.unparse(node.func).endswith("clock.seconds")
        for node in ast.walk(ast.parse(source))
    )


def compared_by_identity(source: str) -> list[str]:
    """Comparisons by `is` of two named things; None, booleans and members of an enumeration are compared so."""
    return [
        ast.unparse(node)
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Compare)
        and isinstance(node.ops[0], ast.Is | ast.IsNot)
        and all(is_a_name(each) for each in (node.left, node.comparators[0]))
    ]


def is_a_name(node: ast.expr) -> bool:
    last = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return bool(last) and last[0].islower() | (last[0] == "_")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_goes_past_the_door(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert typed_past_the_door(source) == [], "use `machine.engine.typed` or `machine.engine.docker`"
    assert commands_kept(source) == []
    assert doors_kept(source) == []


def test_python_on_whales_is_known_to_the_door_alone() -> None:
    found = {path for path in (ROOT / "harness").rglob("*.py") if imports_whales(path.read_text(encoding="utf-8"))}
    found |= {path for path in SOURCES if imports_whales(path.read_text(encoding="utf-8"))}
    assert found == {DOOR}


def test_nobody_scales_time_but_the_wait_and_the_run() -> None:
    found = {
        str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if scales(path.read_text(encoding="utf-8"))
    }
    assert found <= SCALES
    assert [path for path in SOURCES if path.is_relative_to(ROOT / "scenarios") and scales(path.read_text())] == []


@pytest.mark.parametrize(
    "path",
    [path for path in SOURCES if path.parent.name not in ("sequences", "pytestplugin", "xdist")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_machines_are_not_compared_by_identity(path: Path) -> None:
    assert compared_by_identity(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('machine.run("docker node ls")', ["docker node ls"]),
        ('machine.run(f"test -e x || docker swarm leave {force}")', ["test -e x || docker swarm leave "]),
        ('machine.run("for i in 1; do echo | docker config create c -; done")', None),
        ('machine.run("docker " + command)', ["docker "]),
        ('self._shell.quietly(f"timeout 5 docker {line}")', ["timeout 5 docker "]),
        ('machine.run(command="docker node ls")', ["docker node ls"]),
        ('machine.run("true", stdin="docker node ls")', ["docker node ls"]),
        ('line = f"timeout 5 docker {x}"\nmachine.run(line)', ["timeout 5 docker "]),
        ('line: str = "docker node ls"\nmachine.run(f"timeout 5 {line}")', ["docker node ls"]),
        ('first = "timeout 5 docker "\nline = first + x\nmachine.run(line)', ["timeout 5 docker "]),
        ('line = "sudo"\nline += " docker ps"\nmachine.run(line)', [" docker ps"]),
        ('for line in ("docker ps",):\n    machine.run(line)', ["docker ps"]),
        ('machine.run(line := "docker ps")', None),
        ('machine.run("service docker stop")', []),
        ('machine.run("systemctl stop docker")', []),
        ('machine.run("systemctl stop docker && ! pgrep -x dockerd")', []),
        ('machine.run("tail /var/log/docker.log")', []),
        ('machine.engine.typed("node ls", why="docker node ls")', []),
        ('machine.run("true", why="what docker says")', []),
    ],
)
def test_a_command_past_the_door_is_found(source: str, found: list[str] | None) -> None:
    texts = typed_past_the_door(source)
    assert texts == found if found is not None else len(texts) >= 1


def test_the_other_detectors_find_what_they_are_for() -> None:
    assert doors_kept('run = machine.run\nrun("docker ps")') == ["machine.run"]
    assert doors_kept("on_each(machine.shell.quietly, lines)") == ["machine.shell.quietly"]
    assert doors_kept('machine.run("true")') == []
    assert commands_kept('QUESTIONS = {"info": "docker info"}\ndef f(): """docker info"""') == ["docker info"]
    assert imports_whales("def f():\n    from python_on_whales.exceptions import DockerException")
    assert not imports_whales("import python_on_snakes")
    assert scales("wait(timeout=cluster.clock.seconds(X))")
    assert not scales("wait(seconds=X)")
    assert compared_by_identity("[m for m in ms if m is not leader]") == ["m is not leader"]
    assert compared_by_identity("machine is self._victim") == ["machine is self._victim"]
    assert compared_by_identity("x is None or kind is Kind.ONE or y is True") == []
