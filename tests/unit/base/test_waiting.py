"""Waiting: done, not yet, never; what a time-out says; how often is asked. Time here is pretended."""

import time
from collections.abc import Callable, Iterator

import pytest

from pretended.clock import PretendedTime
from swarmdrill.base import trace, waiting
from swarmdrill.base.errors import ConditionNotMet, LabBroken
from swarmdrill.base.events import Event, StepStarted, Waiting
from swarmdrill.base.messages import said
from swarmdrill.base.waiting import (
    FIRST_INTERVAL,
    LONGEST_INTERVAL,
    Answer,
    Clock,
    Done,
    Never,
    NotYet,
    reached,
    stays,
    wait_until,
)


@pytest.fixture
def events() -> Iterator[list[Event]]:
    seen: list[Event] = []
    unsubscribe = trace.TRACE.subscribe(seen.append)
    yield seen
    unsubscribe()


def answers(*given: Answer[str]) -> Callable[[], Answer[str]]:
    """A condition that gives these answers in turn, and the last one for ever."""
    left = list(given)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


def test_done_at_once_waits_for_nothing(pretended_time: PretendedTime, events: list[Event]) -> None:
    assert wait_until(said("a leader"), lambda: Done("manager1"), timeout=0) == "manager1"
    assert pretended_time.slept == []
    assert [event.title for event in events if isinstance(event, StepStarted)] == ["wait until a leader"]
    assert not any(isinstance(event, Waiting) for event in events)


def test_not_yet_then_done_says_why_while_it_waits(pretended_time: PretendedTime, events: list[Event]) -> None:
    condition = answers(NotYet(said("no leader")), NotYet(said("two leaders")), Done("manager2"))
    assert wait_until(said("a leader"), condition, timeout=60) == "manager2"
    assert [(event.what, event.why) for event in events if isinstance(event, Waiting)] == [
        ("a leader", "no leader"),
        ("a leader", "two leaders"),
    ]
    assert [event.elapsed for event in events if isinstance(event, Waiting)] == pytest.approx([0, FIRST_INTERVAL])


def test_done_with_nothing_in_it_is_done(pretended_time: PretendedTime) -> None:
    assert wait_until(said("the end"), lambda: Done(None), timeout=1) is None
    assert pretended_time.slept == []


def test_never_ends_at_once_with_why_and_last_words(pretended_time: PretendedTime) -> None:
    condition = answers(
        NotYet(said("starting")), NotYet(said("pulling")), Never(said("task failed: no such image")), Done("too late")
    )
    with pytest.raises(ConditionNotMet) as ended:
        wait_until(said("the task runs"), condition, timeout=60, last_words=lambda: "  manager1 says rejected")
    assert str(ended.value) == (
        "the task runs can no longer happen after 0.1 s; last seen: task failed: no such image\n"
        "  manager1 says rejected"
    )
    assert len(pretended_time.slept) == 2


def test_a_time_out_says_the_last_why_and_the_last_words(pretended_time: PretendedTime) -> None:
    spoken = []

    def last_words() -> str:
        spoken.append(pretended_time.now)
        return "  manager1 says no leader\n  manager2 says no leader"

    with pytest.raises(ConditionNotMet) as ended:
        wait_until(
            said("a leader"),
            answers(NotYet(said("starting")), NotYet(said("no quorum"))),
            timeout=3,
            last_words=last_words,
        )
    assert str(ended.value) == (
        "timed out: a leader after 3.0 s; last seen: no quorum\n  manager1 says no leader\n  manager2 says no leader"
    )
    assert spoken == [pytest.approx(1003)]


def test_without_last_words_the_message_is_one_line(pretended_time: PretendedTime) -> None:
    with pytest.raises(ConditionNotMet, match=r"^timed out: x after 0\.0 s; last seen: why$"):
        wait_until(said("x"), lambda: NotYet(said("why")), timeout=0)


def test_a_machine_that_is_gone_when_time_runs_out_breaks_the_lab(pretended_time: PretendedTime) -> None:
    def last_words() -> str:
        raise LabBroken(said("manager1 cannot be reached"))

    with pytest.raises(LabBroken, match="cannot be reached"):
        wait_until(said("a leader"), lambda: NotYet(said("no answer")), timeout=1, last_words=last_words)


def test_the_pauses_grow_to_a_cap_and_end_with_the_time(pretended_time: PretendedTime) -> None:
    with pytest.raises(ConditionNotMet):
        wait_until(said("x"), lambda: NotYet(said("why")), timeout=10)
    *pauses, last = pretended_time.slept
    assert pauses[0] == FIRST_INTERVAL
    assert pauses == sorted(pauses)
    assert max(pauses) == LONGEST_INTERVAL
    assert pauses[:4] == pytest.approx([0.05, 0.075, 0.1125, 0.16875])
    assert sum(pauses) + last == pytest.approx(10)


def test_every_pause_is_announced_before_it_is_made(pretended_time: PretendedTime, events: list[Event]) -> None:
    with pytest.raises(ConditionNotMet):
        wait_until(said("x"), lambda: NotYet(said("why")), timeout=3)
    assert [event.pause for event in events if isinstance(event, Waiting)] == pretended_time.slept


def test_the_last_question_is_asked_when_the_time_is_over(pretended_time: PretendedTime) -> None:
    def late() -> Answer[str]:
        return Done("just in time") if pretended_time.now >= 1002 else NotYet(said("too early"))

    assert wait_until(said("x"), late, timeout=2) == "just in time"


def test_a_slow_condition_is_not_asked_again_after_the_time(pretended_time: PretendedTime) -> None:
    asked = []

    def slow() -> Answer[str]:
        asked.append(pretended_time.now)
        pretended_time.now += 30
        return NotYet(said("no answer within 30 s"))

    with pytest.raises(ConditionNotMet, match=r"after 30\.0 s; last seen: no answer within 30 s"):
        wait_until(said("x"), slow, timeout=5)
    assert asked == [1000]


def test_an_error_of_the_condition_is_not_swallowed(pretended_time: PretendedTime) -> None:
    def broken() -> Answer[str]:
        raise LabBroken(said("gone"))

    with pytest.raises(LabBroken, match="gone"):
        wait_until(said("x"), broken, timeout=5)


def test_in_real_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "time", time)
    started = time.monotonic()
    with pytest.raises(ConditionNotMet, match=r"after 0\.2 s"):
        wait_until(said("x"), lambda: NotYet(said("why")), timeout=0.2)
    assert 0.2 <= time.monotonic() - started < 15


def test_the_clock_scales() -> None:
    assert Clock(2.5).seconds(60) == 150
    assert Clock().seconds(60) == 60


class TestStays:
    def test_is_asked_until_the_time_is_over_and_says_how_long(
        self, pretended_time: PretendedTime, events: list[Event]
    ) -> None:
        assert (
            stays(said("none there"), lambda: Done(said("6 elsewhere")), seconds=2)
            == "6 elsewhere; asked 5 times in 2 s"
        )
        assert pretended_time.slept == pytest.approx([LONGEST_INTERVAL] * 4)
        assert [event.pause for event in events if isinstance(event, Waiting)] == pretended_time.slept
        assert [event.title for event in events if isinstance(event, StepStarted)] == ["none there, for 2 s"]

    @pytest.mark.parametrize("other", [NotYet(said("one there")), Never(said("one there"))])
    def test_the_first_other_answer_ends_it(self, pretended_time: PretendedTime, other: Answer[str]) -> None:
        with pytest.raises(ConditionNotMet, match=r"^not any more: none there after 1\.0 s; last seen: one there$"):
            stays(said("none there"), answers(Done(said("x")), Done(said("x")), other, Done(said("x"))), seconds=2)
        assert len(pretended_time.slept) == 2

    def test_what_comes_with_the_last_question_counts(self, pretended_time: PretendedTime) -> None:
        def late() -> Answer[str]:
            return NotYet(said("one there")) if pretended_time.now >= 1002 else Done(said("x"))

        with pytest.raises(ConditionNotMet, match=r"after 2\.0 s"):
            stays(said("none there"), late, seconds=2)

    def test_a_slow_question_does_not_spare_the_last_one(self, pretended_time: PretendedTime) -> None:
        asked = []

        def slow() -> Answer[str]:
            asked.append(pretended_time.now)
            pretended_time.now += 3
            return Done(said("x"))

        assert stays(said("none there"), slow, seconds=2) == "x; asked 2 times in 3 s"
        assert asked == [1000, 1003]

    def test_an_error_of_the_condition_says_nothing_of_it(self, pretended_time: PretendedTime) -> None:
        def broken() -> Answer[str]:
            raise LabBroken(said("gone"))

        with pytest.raises(LabBroken, match="gone"):
            stays(said("none there"), broken, seconds=5)


class TestReached:
    def test_says_what_was_seen_or_why_not(self) -> None:
        assert reached(lambda: said("seen")) == (True, "seen")
        assert reached(lambda: wait_until(said("x"), lambda: NotYet(said("why")), timeout=0)) == (
            False,
            "timed out: x after 0.0 s; last seen: why",
        )

    def test_a_broken_lab_is_no_answer(self) -> None:
        def broken() -> str:
            raise LabBroken(said("gone"))

        with pytest.raises(LabBroken, match="gone"):
            reached(broken)
