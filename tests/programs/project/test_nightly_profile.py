"""A night's steps expect what is collected for them: no test is lost, and none is there that nobody counted."""

import configparser
import re
import shlex
import subprocess
import sys

import pytest

from nightly import profile
from pretended import ROOT

STEPS = profile.steps()


def selection(environment: str) -> list[str]:
    """The files that one of tox's environments gives to pytest."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini", encoding="utf-8")
    _, *words = shlex.split(parser[f"testenv:{environment}"]["commands"].strip())
    return [word for word in words if word.startswith("scenarios")]


def asked(id_: str) -> list[str]:
    """What the step adds for pytest."""
    (more,) = [word for word in STEPS[id_].command if word.startswith("ARGS=")]
    return shlex.split(more.removeprefix("ARGS="))


@pytest.mark.parametrize(
    ("id_", "arguments"),
    [
        ("catalogue", selection("scenarios")),
        ("drill-vm", selection("machines")),
        ("vm-scenarios", [*selection("scenarios"), *asked("vm-scenarios")]),
    ],
)
def test_a_step_expects_what_is_collected_for_it(id_: str, arguments: list[str]) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", *arguments]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300).stdout
    (collected,) = re.findall(r"^(\d+)(?:/\d+)? tests collected", said, re.MULTILINE)
    assert int(collected) == STEPS[id_].passed + STEPS[id_].skipped
