"""Whose time it is: commands and pauses are Docker's, everything else is the harness's."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from swarmdrill.base import trace
from swarmdrill.base.events import CommandFinished, Event, StepFinished, StepStatus, Waiting
from swarmdrill.base.messages import UNSAID, said
from swarmdrill.host.recorded_calls import RecordedCall
from swarmdrill.results.overhead import Waited, covered
from swarmdrill.swarm.engine import Engine


def command(began: float, ended: float) -> CommandFinished:
    return CommandFinished(
        at=ended,
        step=0,
        machine="m",
        command="c",
        exit_status=0,
        stdout="",
        stderr="",
        duration=ended - began,
        why=UNSAID,
    )


def pause(began: float, ended: float, step: int = 1) -> Waiting:
    return Waiting(at=began, step=step, what=said("a"), why=said("b"), elapsed=0, pause=ended - began)


def end(step: int) -> StepFinished:
    return StepFinished(
        at=0, step=0, id=step, title=UNSAID, phase=False, status=StepStatus.OK, duration=0, error=UNSAID
    )


def heard(*events: Event) -> Waited:
    waited = Waited()
    for event in events:
        waited(event)
    return waited


@pytest.mark.parametrize(
    ("intervals", "seconds"),
    [
        ([], 0),
        ([(1, 2), (4, 6)], 3),
        ([(1, 5), (2, 3)], 4),
        ([(4, 6), (1, 5)], 5),
        ([(1, 3), (3, 4)], 3),
        ([(-5, 1), (9, 20)], 2),
        ([(-5, 20), (2, 3)], 10),
        ([(-5, -1), (11, 12)], 0),
    ],
)
def test_a_second_counts_once_and_only_between_start_and_stop(
    intervals: list[tuple[float, float]], seconds: float
) -> None:
    assert covered(intervals, 0, 10) == seconds


def test_commands_on_several_machines_at_once() -> None:
    assert heard(command(1, 5), command(2, 6), command(8, 9)).take(0, 10) == 6


def test_the_last_pause_of_a_wait_is_the_harnesss() -> None:
    waited = heard(pause(1, 2), pause(3, 4), pause(5, 6), end(1))
    assert waited.take(0, 10) == 2


def test_waits_are_told_apart() -> None:
    waited = heard(pause(1, 2, step=1), pause(5, 6, step=2), end(2), pause(7, 8, step=1), end(1))
    assert waited.take(0, 10) == 1


def test_what_was_taken_is_forgotten() -> None:
    waited = heard(command(1, 5))
    assert (waited.take(0, 10), waited.take(0, 10)) == (4, 0)


def test_questions_to_an_engine_do_not_all_end_when_they_are_recorded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One after another, they are recorded together at the end; each has the time of its own end."""
    monkeypatch.setattr(trace, "TRACE", trace.Trace())
    waited = Waited()
    trace.TRACE.subscribe(waited)
    calls = [RecordedCall(("node", "ls"), 1000 + each, 1001 + each, "", "", 0) for each in (1, 2, 3)]
    Engine(SimpleNamespace(name="manager1"), tmp_path, "docker")._report(calls, UNSAID)  # type: ignore[arg-type]
    assert waited.take(0, 2000) == pytest.approx(3)
