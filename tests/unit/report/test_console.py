"""What the terminal shows: on a terminal, in a pipe, for an xdist worker; and what it must never show."""

import fcntl
import io
import os
import pty
import struct
import termios
from collections.abc import Callable
from contextlib import suppress

import pytest

from swarmdrill.base import trace
from swarmdrill.base.errors import ClaimRefuted, LabBroken
from swarmdrill.base.events import CommandFinished, Outcome, StepFinished, StepStarted, StepStatus, Waiting
from swarmdrill.base.messages import UNSAID, quoted, said
from swarmdrill.report.console import Console

TOKEN = f"SWMTKN-1-{'a1' * 25}-{'b2c3d' * 5}"
UNLOCK_KEY = f"SWMKEY-1-{'Zx9' * 14}A"
PRIVATE_KEY = f"-----BEGIN EC PRIVATE KEY-----\n{'MHcCAQEE' * 8}\n-----END EC PRIVATE KEY-----"
SECRETS = ("a1a1a1", "b2c3db2c3d", "Zx9Zx9", "MHcCAQEE")
CLEAR = "\r\x1b[K"


class FakeTerminal(io.StringIO):
    """Says that it is a terminal; `screen` is what a person would see at the end."""

    def isatty(self) -> bool:
        return True

    @property
    def screen(self) -> list[str]:
        return [line.rsplit(CLEAR, 1)[-1] for line in self.getvalue().split("\n")]


@pytest.fixture
def attach(monkeypatch: pytest.MonkeyPatch) -> Callable[[Console], object]:
    """Subscribe a console to a stream of events of its own."""
    monkeypatch.setattr(trace, "TRACE", trace.Trace())
    return trace.TRACE.subscribe


@pytest.fixture
def plain(attach: Callable[[Console], object]) -> io.StringIO:
    stream = io.StringIO()
    attach(Console(stream, environ={}))
    return stream


@pytest.fixture
def terminal(attach: Callable[[Console], object]) -> FakeTerminal:
    stream = FakeTerminal()
    attach(Console(stream, environ={"NO_COLOR": "1"}))
    return stream


def ended(status: StepStatus, *, error: str = "") -> StepFinished:
    return StepFinished(
        at=10,
        step=0,
        id=1,
        title=said("boot three managers"),
        phase=True,
        status=status,
        duration=9.84,
        error=quoted(error),
    )


def waiting(elapsed: float, *, at: float | None = None, why: str = "manager1 says no leader") -> Waiting:
    moment = elapsed if at is None else at
    return Waiting(at=moment, step=0, what=said("a leader"), why=quoted(why), elapsed=elapsed, pause=0.5)


@pytest.mark.parametrize(
    ("status", "error", "line"),
    [
        (StepStatus.OK, "", "✓ boot three managers  9.8 s\n"),
        (
            StepStatus.REFUSED,
            "manager2: cp: No space left on device",
            "✓ boot three managers  9.8 s refused, as expected: manager2: cp: No space left on device\n",
        ),
        (StepStatus.FAILED, "no quorum", "✗ boot three managers  9.8 s: no quorum\n"),
        (
            StepStatus.BROKEN,
            "no route to manager2",
            "! boot three managers  9.8 s broken: no route to manager2\n",
        ),
    ],
)
def test_a_phase_is_one_line(status: StepStatus, error: str, line: str) -> None:
    stream = io.StringIO()
    Console(stream, environ={})(ended(status, error=error))
    assert stream.getvalue() == line


def test_steps_that_are_no_phases_leave_no_line(plain: io.StringIO) -> None:
    with trace.step("stop docker"):
        trace.command_finished("manager1", "service docker stop", exit_status=0, stdout="", stderr="", duration=1)
    assert plain.getvalue() == ""


def test_nested_phases_are_indented_and_an_error_is_said_once(plain: io.StringIO) -> None:
    with (
        pytest.raises(LabBroken),
        trace.phase("restore"),
        trace.step("a step"),
        trace.phase("stop the engines"),
    ):
        raise LabBroken(said("no route to manager2\nsecond line"))
    first, second = plain.getvalue().splitlines()
    assert first.startswith("  ! stop the engines")
    assert first.endswith("broken: no route to manager2")
    assert second.startswith("! restore")
    assert "no route" not in second


def test_the_same_error_is_said_again_after_a_phase_that_went_well(plain: io.StringIO) -> None:
    for attempt in ("one", "two"):
        with trace.phase("set up"):
            pass
        with pytest.raises(ClaimRefuted), trace.phase(attempt):
            raise ClaimRefuted(said("gone"))
    assert plain.getvalue().count(": gone") == 2


@pytest.mark.parametrize(
    ("outcome", "line"),
    [
        (Outcome.HELD, "  D6 held: the newest state\n"),
        (Outcome.REFUTED, "  D6 refuted: expected the old state; observed the newest state\n"),
        (Outcome.VARIED, "  D6 varied: expected the old state; observed the newest state\n"),
        (Outcome.UNKNOWN, "  D6 unknown: the newest state\n"),
    ],
)
def test_verdicts_differ(plain: io.StringIO, outcome: Outcome, line: str) -> None:
    trace.verdict(("D6",), expected=said("the old state"), observed=said("the newest\nstate"), outcome=outcome)
    assert plain.getvalue() == line


def test_a_trial_is_a_line_with_what_may_have_decided_it(plain: io.StringIO) -> None:
    with trace.step("look"):
        trace.trial(said("old\nstate"), {said("first candidate"): "manager2", said("terms"): "2,2,4"})
        trace.trial(said("newest state"))
    assert plain.getvalue() == ("  trial: old state (first candidate: manager2; terms: 2,2,4)\n  trial: newest state\n")


def test_the_running_phase_says_what_it_waits_for_and_the_line_goes_away(terminal: FakeTerminal) -> None:
    with trace.phase("restore every manager"):
        assert terminal.screen == ["  restore every manager …"]
        with trace.step("start docker"):
            assert terminal.screen == ["  restore every manager … start docker"]
            trace.waiting(said("a leader"), said("manager1 says no leader"), 7.2)
            assert terminal.screen == ["  restore every manager … waiting for a leader: manager1 says no leader, 7 s"]
        assert terminal.screen == ["  restore every manager …"]
        with trace.phase("look"):
            assert terminal.screen == ["    look …"]
    assert terminal.screen[0].startswith("  ✓ look")
    assert terminal.screen[1].startswith("✓ restore every manager")
    assert terminal.screen[2:] == [""]


def test_a_verdict_within_a_phase_does_not_mix_with_the_live_line(terminal: FakeTerminal) -> None:
    with trace.phase("look"):
        trace.verdict(("D6",), expected=said("a"), observed=said("b"), outcome=Outcome.HELD)
        assert terminal.screen == ["  D6 held: b", "  look …"]


def test_the_live_line_fits_a_real_terminal() -> None:
    reader, writer = pty.openpty()
    fcntl.ioctl(writer, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 40, 0, 0))
    with os.fdopen(writer, "w", encoding="utf-8") as stream:
        console = Console(stream, environ={"NO_COLOR": "1"})
        console(StepStarted(at=0, step=0, id=1, title=said("restore every manager"), phase=True))
        console(waiting(7, why="word " * 30))
        shown = b""
        while CLEAR.encode() not in shown[1:] or not shown.endswith("…".encode()):
            shown += os.read(reader, 4096)
    os.close(reader)
    last = shown.decode().rsplit(CLEAR, 1)[-1]
    assert len(last) == 39
    assert last.endswith("…")


def test_a_pipe_gets_whole_lines_and_a_waiting_line_at_most_every_ten_seconds(plain: io.StringIO) -> None:
    for tenth in range(350):
        trace.TRACE.emit(waiting(tenth / 10, at=1_700_000_000 + tenth / 10))
    lines = plain.getvalue().splitlines()
    assert lines == [f"  … waiting for a leader: manager1 says no leader, {n} s" for n in (10, 20, 30)]
    assert "\r" not in plain.getvalue()
    assert "\x1b" not in plain.getvalue()


def test_two_waits_share_the_ten_seconds(plain: io.StringIO) -> None:
    trace.TRACE.emit(waiting(12, at=100))
    trace.TRACE.emit(waiting(11, at=105))
    assert len(plain.getvalue().splitlines()) == 1


def test_a_worker_writes_whole_lines_with_its_name_even_on_a_terminal() -> None:
    stream = FakeTerminal()
    console = Console(stream, prefix="gw1 ", environ={"NO_COLOR": "1"})
    console(StepStarted(at=0, step=0, id=1, title=said("boot three managers"), phase=True))
    assert stream.getvalue() == ""
    console(ended(StepStatus.OK))
    assert stream.getvalue() == "gw1 ✓ boot three managers  9.8 s\n"


@pytest.mark.parametrize(
    ("stream", "environ", "coloured"),
    [
        (FakeTerminal(), {}, True),
        (FakeTerminal(), {"NO_COLOR": "1"}, False),
        (FakeTerminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colours_need_a_terminal_and_no_no_color(stream: io.StringIO, environ: dict[str, str], coloured: bool) -> None:
    Console(stream, environ=environ)(ended(StepStatus.OK))
    assert ("\x1b[32m✓" in stream.getvalue()) is coloured


def test_a_stream_that_cannot_write_the_symbols_gets_others() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Console(stream, environ={})(ended(StepStatus.FAILED, error="gone"))
    assert raw.getvalue() == b"x boot three managers  9.8 s: gone\n"


def test_control_characters_of_a_machine_cannot_move_the_cursor(terminal: FakeTerminal) -> None:
    with suppress(LabBroken), trace.phase("boot"):
        trace.waiting(said("a leader"), said("\x1b[2Jgone\nreally"), 1)
        raise LabBroken(said("\x1b[2J\x07gone"))
    assert "\x1b[2J" not in terminal.getvalue()
    assert "\x07" not in terminal.getvalue()


def test_no_secret_reaches_the_terminal(terminal: FakeTerminal) -> None:
    secrets = "\n".join((TOKEN, UNLOCK_KEY, PRIVATE_KEY))
    for secret in (TOKEN, UNLOCK_KEY, PRIVATE_KEY):
        with suppress(LabBroken), trace.phase(f"join with {secret}"):
            trace.command_finished("m", secret, exit_status=1, stdout=secrets, stderr=secrets, duration=1)
            trace.waiting(said("a join"), quoted(f"m says {secret}"), 20)
            trace.verdict(("D1",), expected=quoted(secret), observed=quoted(secret), outcome=Outcome.REFUTED)
            raise LabBroken(quoted(f"could not join with {secret}"))
    shown = terminal.getvalue()
    assert shown.count("[redacted]") > 9
    assert not [secret for secret in SECRETS if secret in shown]


def test_the_check_for_secrets_sees_one_that_was_not_redacted() -> None:
    stream = FakeTerminal()
    console = Console(stream, environ={})
    console(ended(StepStatus.FAILED, error=f"could not join with {TOKEN}"))
    console(
        CommandFinished(
            at=0, step=0, machine="m", command="c", exit_status=0, stdout=TOKEN, stderr="", duration=0, why=UNSAID
        )
    )
    assert [secret for secret in SECRETS if secret in stream.getvalue()] == list(SECRETS[:2])
