"""The docker client: set-up takes one, and that one is run, wherever another stands first in PATH."""

import ast
import os
import subprocess
from pathlib import Path

import pytest

from pretended.programs import Shim, only_shims
from swarmdrill.base import places
from swarmdrill.host import client, tools
from swarmdrill.host.client import Client
from swarmdrill.setup import client as setup_client
from swarmdrill.setup.steps import StepFailed


@pytest.fixture
def link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where set-up keeps its choice; nothing is chosen yet."""
    found = tmp_path / "state" / "bin" / "docker"
    monkeypatch.setattr(client, "link", lambda: found)
    return found


@pytest.fixture
def debian(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """The whole PATH; what is returned writes a program there."""
    return only_shims(tmp_path / "debian", monkeypatch)


def another(directory: Path, version: str) -> Path:
    """A client in a directory that stands before all others in PATH from now on."""
    directory.mkdir()
    program = directory / "docker"
    program.write_text(f"#!/bin/sh\necho Docker version {version}, build 0\n", encoding="utf-8")
    program.chmod(0o755)
    os.environ["PATH"] = f"{directory}{os.pathsep}{os.environ['PATH']}"
    return program


def says(version: str) -> str:
    return f"echo Docker version {version}, build 0"


def test_the_first_in_path_is_taken_and_the_others_are_named(
    link: Path, debian: Shim, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = debian("docker", says("20.10.24+dfsg1"))
    new = another(tmp_path / "local", "28.2.2")
    setup_client.choose()
    assert client.in_use() == Client(str(new), "28.2.2")
    assert f"take {new} 28.2.2 as the docker client; also here: {old} 20.10.24" in capsys.readouterr().out


def test_what_was_taken_is_run_whatever_stands_first_later(link: Path, debian: Shim, tmp_path: Path) -> None:
    taken = debian("docker", says("20.10.24"))
    setup_client.choose()
    another(tmp_path / "later", "29.0.0")
    assert client.path() == str(taken)
    assert client.examine() == tools.ToolFinding(f"20.10.24 ({taken})")
    found = subprocess.run(
        ["docker", "--version"], env=client.first_in(os.environ), capture_output=True, text=True, check=True
    )
    assert "20.10.24" in found.stdout


def test_without_a_choice_it_is_the_first_in_path(link: Path, debian: Shim) -> None:
    assert client.path() == "docker"
    assert client.in_use() == Client("docker", "")
    program = debian("docker", says("26.1.5"))
    assert client.path() == str(program)
    assert client.first_in({"PATH": "/x", "HOME": "/y"}) == {"PATH": "/x", "HOME": "/y"}
    assert client.examine().problem == "none is chosen"


def test_one_that_went_away_is_not_run(link: Path, debian: Shim, tmp_path: Path) -> None:
    new = another(tmp_path / "local", "28.2.2")
    setup_client.choose()
    old = debian("docker", says("20.10.24"))
    new.unlink()
    assert client.path() == str(old)
    assert not client.examine().ok
    setup_client.choose()
    assert client.examine() == tools.ToolFinding(f"20.10.24 ({old})")


def test_one_that_is_too_old_or_broken_is_passed_over(link: Path, debian: Shim, tmp_path: Path) -> None:
    debian("docker", says("20.10.24"))
    another(tmp_path / "old", "19.3.1")
    broken = another(tmp_path / "broken", "29.0.0")
    broken.write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    assert [each.version for each in client.candidates()] == ["19.3.1", "20.10.24"]
    assert client.examine_any() == tools.ToolFinding("20.10.24")
    setup_client.choose()
    assert client.in_use().version == "20.10.24"


def test_one_program_in_two_directories_is_one(link: Path, debian: Shim, tmp_path: Path) -> None:
    debian("docker", says("20.10.24"))
    (tmp_path / "bin").symlink_to(tmp_path / "debian")
    os.environ["PATH"] += f"{os.pathsep}{tmp_path / 'bin'}"
    assert [each.version for each in client.candidates()] == ["20.10.24"]


def test_none_that_will_do_is_an_error_and_leaves_what_was_there(link: Path, debian: Shim) -> None:
    with pytest.raises(StepFailed, match="no docker client that works and is new enough"):
        setup_client.choose()
    assert not link.parent.exists()
    assert client.examine_any().problem == "docker is missing"


STARTS = {"Popen", "call", "check_call", "check_output", "examine", "find", "output", "run", "which"}


def typed(source: str) -> list[int]:
    """The lines of a program that start or look for `docker` by its name, where PATH decides which one that is."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and ast.unparse(node.func).rpartition(".")[2] in STARTS:
            first = node.args[0]
            while isinstance(first, ast.List | ast.Tuple | ast.Starred):
                first = first.value if isinstance(first, ast.Starred) else (first.elts or [ast.Constant(None)])[0]
            if isinstance(first, ast.Constant) and first.value == client.PROGRAM:
                found.append(node.lineno)
    return found


def test_nobody_leaves_it_to_path_which_client_is_run() -> None:
    found = {str(path): typed(path.read_text(encoding="utf-8")) for path in places.PACKAGE.rglob("*.py")}
    assert len(found) > 150
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "line",
    [
        'subprocess.run(["docker", "ps"])',
        'call("docker", *words)',
        'run([*("docker", "ps"), name])',
        'shutil.which("docker")',
        'tools.find("docker")',
    ],
)
def test_the_search_sees_it(line: str) -> None:
    assert typed(f"import x\n{line}") == [2]
