"""A trial on fresh machines that is cut off: it removes them itself, or the next command does."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fresh.machine import LABEL
from product.checkout import PROVIDER, ROOT
from product.running import Run

pytestmark = pytest.mark.skipif(PROVIDER != "docker", reason="fresh machines are containers in any case")


def held() -> list[str]:
    """The containers and volumes of this checkout's fresh machines, and the control groups below the containers."""
    chosen = ("--quiet", "--filter", f"label={LABEL}")
    containers = _docker("ps", "--all", "--no-trunc", *chosen)
    groups = [str(path) for each in containers for path in Path("/sys/fs/cgroup").glob(f"*/docker/{each}")]
    return [*containers, *_docker("volume", "ls", *chosen), *groups]


def _docker(*arguments: str) -> list[str]:
    return subprocess.check_output(["docker", *arguments], text=True).split()


def _fresh(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "fresh", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=300
    )


@pytest.fixture
def trial(tmp_path: Path, whole_checkout: None) -> Iterator[Run]:
    """A trial whose machines run."""
    output = tmp_path / "output"
    with output.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "fresh"],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
    run = Run(process, tmp_path, output)
    # A container and its volume, twice.
    run.wait_until(lambda: len(held()) >= 4, "fresh machines")
    yield run
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    _fresh("--remove")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_an_interrupted_trial_removes_its_machines(trial: Run, number: signal.Signals) -> None:
    trial.signal(number)
    assert trial.wait() == 130, trial.text()
    assert held() == []


def test_the_next_command_removes_those_of_a_killed_trial(trial: Run) -> None:
    os.killpg(trial.process.pid, signal.SIGKILL)
    trial.wait()
    there = held()
    assert there, "the detector sees nothing"
    removed = _fresh("--remove")
    assert (removed.returncode, held()) == (0, []), removed.stderr
    assert not any(Path(path).exists() for path in there if path.startswith("/"))


def test_two_trials_of_a_checkout_do_not_remove_each_others_machines(trial: Run) -> None:
    second = _fresh("--remove")
    assert second.returncode == 2
    assert "the trial on fresh machines is in use by process" in second.stderr
    assert held()
