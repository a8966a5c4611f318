"""The stream of events: what belongs to which step, how steps end, and that no event carries a secret."""

import dataclasses
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context

import pytest

from swarmdrill.base import trace
from swarmdrill.base.errors import ClaimRefuted, ConditionNotMet, LabBroken, UnfaithfulCopy, UsageProblem
from swarmdrill.base.events import (
    CommandFinished,
    Event,
    Observation,
    Outcome,
    StepFinished,
    StepStarted,
    StepStatus,
    TrialObserved,
    VerdictGiven,
    Waiting,
)
from swarmdrill.base.messages import quoted, said

SECRETS = (f"SWMTKN-1-{'a1' * 25}-{'b2' * 12}", f"SWMKEY-1-{'Zx9' * 14}A")
DIRTY = " and ".join(SECRETS)


@pytest.fixture
def events(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Event]]:
    """Everything that is emitted on a stream of this test's own."""
    monkeypatch.setattr(trace, "TRACE", trace.Trace())
    seen: list[Event] = []
    trace.TRACE.subscribe(seen.append)
    return seen


def of(kind: type[Event], events: list[Event]) -> list:
    return [event for event in events if isinstance(event, kind)]


class TestNesting:
    def test_steps_and_what_happens_in_them(self, events: list[Event]) -> None:
        trace.observe(said("before"), "")
        with trace.step("outer"):
            with trace.phase("inner"):
                trace.observe(said("inside"), "")
            trace.waiting(said("x"), said("y"), 1)
        trace.observe(said("after"), "")
        outer, inner = of(StepStarted, events)
        assert (outer.title, outer.step, outer.phase) == ("outer", 0, False)
        assert (inner.title, inner.step, inner.phase) == ("inner", outer.id, True)
        assert [event.step for event in of(Observation, events)] == [0, inner.id, 0]
        assert of(Waiting, events)[0].step == outer.id
        assert [(e.id, e.step, e.phase) for e in of(StepFinished, events)] == [
            (inner.id, outer.id, True),
            (outer.id, 0, False),
        ]

    def test_ids_are_unique_and_the_order_is_that_of_emission(self, events: list[Event]) -> None:
        for title in ("a", "b", "c"):
            with trace.step(title):
                pass
        assert len({event.id for event in of(StepStarted, events)}) == 3
        assert [type(event) for event in events] == [StepStarted, StepFinished] * 3

    def test_a_step_that_raised_gives_the_place_back_to_its_parent(self, events: list[Event]) -> None:
        with trace.step("outer"):
            with suppress(LabBroken), trace.step("inner"):
                raise LabBroken(said("x"))
            trace.observe(said("after"), "")
        outer = of(StepStarted, events)[0]
        assert of(Observation, events)[0].step == outer.id
        assert [event.status for event in of(StepFinished, events)] == [StepStatus.BROKEN, StepStatus.OK]

    def test_duration_and_time(self, events: list[Event]) -> None:
        with trace.step("x"):
            pass
        started, finished = events
        assert finished.duration == pytest.approx(finished.at - started.at)


class TestThreads:
    def test_a_thread_with_a_copy_of_the_context_belongs_to_the_step(self, events: list[Event]) -> None:
        def work(name: str) -> None:
            with trace.step(f"on {name}"):
                trace.observe(quoted(name), "")

        with trace.step("everywhere"), ThreadPoolExecutor(4) as pool:
            for done in [pool.submit(copy_context().run, work, f"manager{i}") for i in range(4)]:
                done.result()
        everywhere, *each = of(StepStarted, events)
        assert {step.step for step in each} == {everywhere.id}
        by_title = {step.title: step.id for step in each}
        assert {o.title: o.step for o in of(Observation, events)} == {
            title.removeprefix("on "): id_ for title, id_ in by_title.items()
        }

    def test_a_thread_without_it_belongs_to_no_step(self, events: list[Event]) -> None:
        with trace.step("outer"):
            thread = threading.Thread(target=trace.observe, args=(said("lost"), ""))
            thread.start()
            thread.join()
        assert of(Observation, events)[0].step == 0

    def test_a_subscriber_gets_one_event_at_a_time(self, events: list[Event]) -> None:
        inside, most = 0, 0

        def subscriber(_: Event) -> None:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            threading.Event().wait(0.002)
            inside -= 1

        trace.TRACE.subscribe(subscriber)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda i: trace.observe(quoted(str(i)), ""), range(12)))
        assert (most, len(events)) == (1, 12)


class TestSubscribers:
    def test_unsubscribing_ends_it_and_leaves_the_others(self, events: list[Event]) -> None:
        heard: list[Event] = []
        unsubscribe = trace.TRACE.subscribe(heard.append)
        trace.observe(said("one"), "")
        unsubscribe()
        trace.observe(said("two"), "")
        assert [event.title for event in heard] == ["one"]
        assert [event.title for event in events] == ["one", "two"]

    def test_an_error_of_a_subscriber_is_not_hidden(self, events: list[Event]) -> None:
        def fails(_: Event) -> None:
            raise RuntimeError("disk full")

        trace.TRACE.subscribe(fails)
        with pytest.raises(RuntimeError, match="disk full"):
            trace.observe(said("x"), "")


class TestStatus:
    @pytest.mark.parametrize("kind", [AssertionError, ClaimRefuted, ConditionNotMet, UnfaithfulCopy])
    def test_an_assertion_failed(self, events: list[Event], kind: type[Exception]) -> None:
        with pytest.raises(kind), trace.step("x"):
            raise kind(quoted("not so\nmore"))
        assert (events[-1].status, events[-1].error) == (StepStatus.FAILED, "not so")

    @pytest.mark.parametrize("kind", [LabBroken, UsageProblem, OSError, ValueError, KeyboardInterrupt, SystemExit])
    def test_everything_else_is_broken(self, events: list[Event], kind: type[BaseException]) -> None:
        with pytest.raises(kind), trace.step("x"):
            raise kind(said("gone"))
        assert (events[-1].status, events[-1].error) == (StepStatus.BROKEN, "gone")

    def test_what_is_expected_was_refused(self, events: list[Event]) -> None:
        with pytest.raises(LabBroken), trace.refusal_of(LabBroken), trace.step("x"):
            raise LabBroken(said("no"))
        assert (events[-1].status, events[-1].error) == (StepStatus.REFUSED, "no")
        with pytest.raises(LabBroken), trace.step("afterwards"):
            raise LabBroken(said("gone"))
        assert events[-1].status is StepStatus.BROKEN

    def test_ok_has_no_error(self, events: list[Event]) -> None:
        with trace.step("x"):
            pass
        assert (events[-1].status, events[-1].error) == (StepStatus.OK, "")

    @pytest.mark.parametrize(
        ("problem", "line"),
        [(ValueError(), "ValueError"), (ValueError("\n\n a\nb"), "a"), (OSError(2, "no"), "[Errno")],
    )
    def test_the_first_line_of_an_error(self, problem: Exception, line: str) -> None:
        assert trace.first_line(problem).startswith(line)


def failing_step() -> None:
    with suppress(LabBroken), trace.step(DIRTY):
        raise LabBroken(quoted(DIRTY))


def command() -> None:
    trace.command_finished("m", DIRTY, exit_status=1, stdout=DIRTY, stderr=DIRTY, duration=1, why=quoted(DIRTY))


# Who emits each kind of event, with secrets wherever free text goes.
EMITTERS: dict[type[Event], Callable[[], None]] = {
    StepStarted: failing_step,
    StepFinished: failing_step,
    CommandFinished: command,
    Observation: lambda: trace.observe(quoted(DIRTY), DIRTY, machine="m"),
    Waiting: lambda: trace.waiting(quoted(DIRTY), quoted(DIRTY), 1),
    TrialObserved: lambda: trace.trial(quoted(DIRTY), {quoted(DIRTY): DIRTY}),
    VerdictGiven: lambda: trace.verdict(("D1",), expected=quoted(DIRTY), observed=quoted(DIRTY), outcome=Outcome.HELD),
}
# Identifiers, never free text: machine names come from the plan, claims from claims.toml.
IDENTIFIERS = {"machine", "claims", "status"}


def leaking_fields(event: Event) -> list[str]:
    """Names of the fields that show a secret."""
    return [
        field.name for field in dataclasses.fields(event) if any(s in str(getattr(event, field.name)) for s in SECRETS)
    ]


class TestRedaction:
    def test_every_kind_of_event_is_tried(self) -> None:
        assert set(Event.__subclasses__()) == set(EMITTERS)

    @pytest.mark.parametrize("kind", EMITTERS)
    def test_no_text_field_shows_a_secret(self, events: list[Event], kind: type[Event]) -> None:
        EMITTERS[kind]()
        (event,) = of(kind, events)
        assert leaking_fields(event) == []
        texts = {f.name: getattr(event, f.name) for f in dataclasses.fields(event) if f.type == "str" or f.type is str}
        for name, text in texts.items():
            assert name in IDENTIFIERS or text.count("[redacted]") == len(SECRETS), f"{name}: {text}"

    def test_no_factor_of_a_trial_shows_a_secret(self, events: list[Event]) -> None:
        EMITTERS[TrialObserved]()
        ((name, value),) = events[0].factors.items()
        assert name.count("[redacted]") == value.count("[redacted]") == len(SECRETS)

    def test_the_check_sees_a_secret_that_was_not_redacted(self) -> None:
        event = Observation(at=0, step=0, machine="", title=said("x"), text=f"token {SECRETS[0]}")
        assert leaking_fields(event) == ["text"]
