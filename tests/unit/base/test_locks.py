"""Locks between processes, tried from several at once."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pretended import ROOT
from swarmdrill.base import locks
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said

HOLD = """
import sys
from pathlib import Path
from swarmdrill.base import locks
from swarmdrill.base.messages import said
with locks.turn(Path(sys.argv[1]), said("it is this process's turn"), timeout=10):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_those_who_ask_do_not_take_each_other_for_a_holder(tmp_path: Path) -> None:
    file = tmp_path / "lab.lock"
    file.touch()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: locks.is_held(file), range(4000)))
    assert not any(answers)


@pytest.mark.parametrize("purpose", ["", "removal"])
def test_who_asks_is_told_what_it_is_held_for(tmp_path: Path, purpose: str) -> None:
    path = tmp_path / "it.lock"
    assert locks.purpose_of(path) is None
    with locks.held(path, said("it"), purpose):
        assert locks.is_held(path)
        assert locks.purpose_of(path) == purpose
        with (
            pytest.raises(UsageProblem, match=f"it is in use by process {os.getpid()}: wait"),
            locks.held(path, said("it")),
        ):
            pass
    assert path.exists()
    assert locks.purpose_of(path) is None


def test_a_turn_is_waited_for_and_comes_when_the_holder_dies(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT / "harness",
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(LabBroken, match="another process is at it"), locks.turn(tmp_path, said("x"), timeout=0.2):
            pytest.fail("two processes have their turn")
        holder.kill()
        holder.wait()
        with locks.turn(tmp_path, said("it is this test's turn"), timeout=1):
            pass
