"""Only processes that a lab's run started are ended, and no other that looks like one."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from swarmdrill.host import leftovers

DRAWN = f"{os.getpid():032x}"
WAITS = "import sys; print('there', flush=True); sys.stdin.read()"
# Vagrant may take its time after SIGTERM.
IGNORES = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);" + WAITS


@pytest.fixture(autouse=True)
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A /proc in which this process is the first of all, and which has the processes that a test starts."""
    place = tmp_path / "proc"
    (place / str(os.getpid())).mkdir(parents=True)
    (place / str(os.getpid()) / "stat").write_text(f"{os.getpid()} (python) S 0 0")
    monkeypatch.setattr(leftovers, "PROC", place)
    return place


@contextmanager
def process(code: str = WAITS, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A process of somebody, which is there."""
    started = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "there\n"
    (leftovers.PROC / str(started.pid)).symlink_to(f"/proc/{started.pid}")
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.fixture
def to_death(monkeypatch: pytest.MonkeyPatch) -> Callable[[signal.Signals], None]:
    """Have a process end, however long it takes here, before the pretended time of waits goes on."""

    def of(deadly: signal.Signals) -> None:
        send = leftovers._send

        def send_and_wait(pid: int, number: signal.Signals, mark: str) -> None:
            send(pid, number, mark)
            if number is deadly:
                os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)

        monkeypatch.setattr(leftovers, "_send", send_and_wait)

    return of


def test_what_a_run_started_is_ended_and_an_innocent_process_is_not(
    to_death: Callable[[signal.Signals], None],
) -> None:
    """A shell in which somebody exported SWARMDRILL_LAB is his, and so is one of another lab."""
    with (
        process(SWARMDRILL_LAB="/labs/run-1", **{leftovers.MARK: DRAWN}) as ours,
        process(SWARMDRILL_LAB="/labs/run-1") as shell,
        process(**{leftovers.MARK: DRAWN[::-1]}) as other,
        process(SOMETHING=f"{leftovers.MARK}={DRAWN}") as quoted,
    ):
        assert list(leftovers.processes(DRAWN)) == [ours.pid]
        to_death(signal.SIGTERM)
        _end_marked(ours)
        assert ours.returncode == -signal.SIGTERM
        assert [innocent.poll() for innocent in (shell, other, quoted)] == [None, None, None]


def test_one_that_does_not_listen_is_killed(to_death: Callable[[signal.Signals], None]) -> None:
    to_death(signal.SIGKILL)
    with process(IGNORES, **{leftovers.MARK: DRAWN}) as ours:
        _end_marked(ours)
        assert ours.returncode == -signal.SIGKILL


def test_this_process_and_those_above_it_are_spared(proc: Path) -> None:
    """`release` runs inside the Vagrant that has the mark."""
    above = proc / "1"
    above.mkdir()
    (above / "stat").write_text("1 (init) S 0 0")
    (proc / str(os.getpid()) / "stat").write_text(f"{os.getpid()} (a name) with) S 1 0")
    for each in (above, proc / str(os.getpid())):
        (each / "environ").write_text(f"{leftovers.MARK}={DRAWN}")
        (each / "comm").write_text("vagrant\n")
    assert leftovers.processes(DRAWN) == {}
    (proc / str(os.getpid()) / "stat").write_text(f"{os.getpid()} (python) S 0 0")
    assert leftovers.processes(DRAWN) == {1: "vagrant"}


def test_a_process_that_got_the_id_of_one_that_ended_is_spared() -> None:
    with process(SWARMDRILL_LAB="/labs/run-1") as innocent:
        leftovers._send(innocent.pid, signal.SIGKILL, DRAWN)
        assert innocent.poll() is None


def _end_marked(child: "subprocess.Popen[str]") -> None:
    """End the marked processes, of which the child is one.

    It loses its environment, and with that its mark, a moment before its parent can have its exit status.
    """
    leftovers.end_processes(DRAWN)
    child.wait(timeout=10)
