"""What CONTRIBUTING.md tells to call is there after `make setup`: targets, verbs, and programs that the lock brings."""

import re
from importlib.metadata import entry_points, files

import pytest

from pretended import ROOT
from swarmdrill.cli.main import VERBS

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
HOOKS = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
# What a contributor brings: README.md names git, and a shell has the other.
BROUGHT = {"git", "cd"}
CALLED = re.compile(r"`((?:make|swarmdrill|pre-commit|pytest|tox|\.venv/bin/[\w-]+)(?: [^`]*)?)`")


def calls(text: str) -> list[str]:
    """The commands of a page: each line after a prompt, cut where another command begins, and those within a text."""
    lines = re.findall(r"^\$ ([^#\n]+)", text, re.MULTILINE)
    return [call.strip() for line in (*lines, *CALLED.findall(text)) for call in line.split("&&")]


def brought(program: str) -> bool:
    """Whether a distribution of the lock, or swarmdrill itself, brings the program."""
    pinned = {_plain(name) for name in re.findall(r"^([\w.-]+)==", LOCK, re.MULTILINE)} | {"swarmdrill"}
    scripts = entry_points(group="console_scripts", name=program)
    if any(each.dist and _plain(each.dist.name) in pinned for each in scripts):
        return True
    # A program that is no Python, such as ruff, is a file of its distribution.
    return _plain(program) in pinned and any(path.match(f"bin/{program}") for path in files(program) or ())


def _plain(name: str) -> str:
    return name.lower().replace("-", "_")


def missing(text: str) -> list[str]:
    """The commands of a page that nobody can call."""
    targets = set(re.findall(r"^([a-z-]+(?: [a-z-]+)*):", MAKEFILE, re.MULTILINE))
    targets = {word for names in targets for word in names.split()}
    found = []
    for call in calls(text):
        program, *words = call.split()
        if program == "make":
            asked = [word for word in re.sub(r'\w+=("[^"]*"|\S*)', "", call).split()[1:] if not word.startswith("-")]
            good = set(asked) <= targets
        else:
            name = program.removeprefix(".venv/bin/")
            good = program in BROUGHT or (program.startswith(".venv/bin/") and brought(name))
            good = good or program == "swarmdrill"
            good = good and (name != "swarmdrill" or not words or words[0].startswith("-") or words[0] in VERBS)
        if not good:
            found.append(call)
    return found


def test_everything_that_is_called_is_there() -> None:
    assert len(calls(CONTRIBUTING)) > 10
    assert ".venv/bin/pre-commit install" in calls(CONTRIBUTING)
    assert missing(CONTRIBUTING) == []


def test_what_the_hooks_call_is_there() -> None:
    called = re.findall(r"^ +entry: (?:env \S+ )?(.*)$", HOOKS, re.MULTILINE)
    assert len(called) == 4
    assert missing("\n".join(f"$ {each}" for each in called)) == []


@pytest.mark.parametrize(
    "call", ["pre-commit install", ".venv/bin/black .", "make lint tpyes", "swarmdrill drll", ".venv/bin/swarmdrill u"]
)
def test_what_is_not_there_is_found(call: str) -> None:
    assert missing(f"Then run `{call}`.") == [call]
    assert missing(f"```console\n$ cd x && {call}   # so\n```") == [call]
