"""The command line: every verb ends with the same table of statuses, and loads nothing that it does not need."""

import errno
import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pretended import ROOT
from swarmdrill.base.errors import ConditionNotMet, ExitStatus, LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.cli.labs import ssh
from swarmdrill.cli.main import VERBS, main

# What a verb is called with besides options.
OPERANDS = {"form": ["directory"], "release": ["directory"]}
# What takes a tenth of a second or more to import.
HEAVY = {"pytest", "pydantic", "vagrant", "asyncssh", "python_on_whales", "jinja2", "hypothesis", "cryptography"}
ENDS = [
    (None, ExitStatus.GOOD, ""),
    (ExitStatus.FAILED, ExitStatus.FAILED, ""),
    (UsageProblem(said("no such engine")), ExitStatus.BAD_REQUEST, "swarmdrill: no such engine\n"),
    (ConditionNotMet(said("no leader")), ExitStatus.FAILED, "swarmdrill: no leader\n"),
    (LabBroken(said("manager1 is gone")), ExitStatus.LAB_BROKE, "swarmdrill: the lab broke: manager1 is gone\n"),
    (OSError("no"), ExitStatus.LAB_BROKE, "swarmdrill: this host refused: no\n"),
    (OSError(errno.ENOSPC, "full"), ExitStatus.LAB_BROKE, "swarmdrill: this host refused: [Errno 28] full\n"),
    (
        PermissionError(errno.EACCES, "no", "/there"),
        ExitStatus.BAD_REQUEST,
        "swarmdrill: this host refused: [Errno 13] no: '/there'\n",
    ),
    (KeyboardInterrupt(), ExitStatus.INTERRUPTED, "swarmdrill: interrupted; `swarmdrill clean` removes what is left\n"),
]


def test_the_table() -> None:
    assert {status.name: int(status) for status in ExitStatus} == {
        "GOOD": 0,
        "FAILED": 1,
        "BAD_REQUEST": 2,
        "LAB_BROKE": 3,
        "INTERRUPTED": 130,
        "UNREAD": 141,
    }


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(("end", "status", "said"), ENDS, ids=[f"{end!r}" for end, *_ in ENDS])
def test_every_verb_ends_by_the_table(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    verb: str,
    end: BaseException | ExitStatus | None,
    status: ExitStatus,
    said: str,
) -> None:
    def pretend(*_: object) -> ExitStatus | None:
        if isinstance(end, BaseException):
            raise end
        return end

    monkeypatch.setattr(importlib.import_module(f"swarmdrill.cli.{VERBS[verb].module}"), "run", pretend)
    assert main([verb, *OPERANDS.get(verb, [])]) == status
    assert capsys.readouterr().err == said


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_asked_badly_is_refused_before_anything_is_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    module = importlib.import_module(f"swarmdrill.cli.{VERBS[verb].module}")
    monkeypatch.setattr(module, "run", lambda *_: pytest.fail("it was done all the same"))
    assert main([verb, *OPERANDS.get(verb, []), "--managers", "0"]) == ExitStatus.BAD_REQUEST
    assert capsys.readouterr().err == "swarmdrill: --managers '0': a swarm here has 1, 3, 5 or 7 managers\n"
    if not VERBS[verb].passes_on:
        assert main([verb, *OPERANDS.get(verb, []), "--no-such-option"]) == ExitStatus.BAD_REQUEST
        said = capsys.readouterr().err
        assert said == f"swarmdrill: unknown: --no-such-option; `swarmdrill {verb} --help` says what there is\n"


@pytest.mark.parametrize("words", [[], ["--no-such-option"]])
def test_no_verb_is_a_bad_request(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == ExitStatus.BAD_REQUEST
    assert "usage: swarmdrill" in capsys.readouterr().err


def ask(*words: str, cwd: Path, program: str = "") -> str:
    start = ["-c", program] if program else ["-m", "swarmdrill"]
    done = subprocess.run(
        [sys.executable, *start, *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT / "harness")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


@pytest.mark.parametrize("words", [["frob"], ["--state-dir", "frob", "status"]])
def test_what_is_no_verb_is_named_beside_those_that_are(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert main(words) == ExitStatus.BAD_REQUEST
    said = capsys.readouterr().err
    assert said.startswith("swarmdrill: there is no command 'frob'; there are setup, doctor, drill, ")
    assert "release" not in said, "what Vagrant calls is not listed"


@pytest.mark.parametrize(
    ("words", "machine", "command"),
    [
        ([], "manager1", []),
        (["manager2"], "manager2", []),
        (["--", "uname", "-a"], "manager1", ["uname", "-a"]),
        (["manager2", "--", "sh", "-c", "a -- b"], "manager2", ["sh", "-c", "a -- b"]),
        (["manager2", "--", "ls", "--", "-x"], "manager2", ["ls", "--", "-x"]),
    ],
)
def test_what_stands_behind_two_dashes_is_run_there(
    monkeypatch: pytest.MonkeyPatch, words: list[str], machine: str, command: list[str]
) -> None:
    found = []
    monkeypatch.setattr(ssh, "run", lambda arguments, _: found.append((arguments.machine, arguments.command)))
    assert main(["ssh", *words]) == ExitStatus.GOOD
    assert found == [(machine, command)]


def test_a_command_needs_two_dashes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ssh", "manager2", "uname"]) == ExitStatus.BAD_REQUEST
    assert "unknown: uname" in capsys.readouterr().err


def test_help_lists_what_users_call_and_not_what_vagrant_calls(tmp_path: Path) -> None:
    said = ask("--help", cwd=tmp_path)
    listed = {line.split()[0] for line in said.splitlines() if line.startswith("    ") and not line.startswith("     ")}
    assert listed - {"COMMAND"} == {name for name, verb in VERBS.items() if verb.help}
    assert {name for name, verb in VERBS.items() if not verb.help} == {"plan", "form", "release"}
    assert "--machine" not in said


LOADED = """
import atexit, sys
from swarmdrill.cli.main import main
atexit.register(lambda: print("loaded:", *sys.modules))
main(sys.argv[1:])
"""


@pytest.mark.parametrize(
    ("words", "heavy"), [(["--help"], False), (["setup", "--help"], False), (["up", "--help"], True)]
)
def test_nothing_heavy_is_loaded_for_what_needs_nothing(tmp_path: Path, words: list[str], heavy: bool) -> None:
    *_, loaded = ask(*words, cwd=tmp_path, program=LOADED).splitlines()
    assert bool(HEAVY & set(loaded.split())) is heavy


def test_the_version_is_said_without_a_verb(tmp_path: Path) -> None:
    name, version = ask("--version", cwd=tmp_path).split()
    assert name == "swarmdrill"
    assert version[0].isdigit()
