"""What the process that runs a scenario hears of it, on pytest's reports: the controller of workers hears no events."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import pytest
from pydantic import TypeAdapter

from swarmdrill.base.events import Event, TrialObserved, VerdictGiven
from swarmdrill.base.redaction import redact
from swarmdrill.base.statistics import Trial
from swarmdrill.base.stored import writable
from swarmdrill.base.trace import first_line, status_of
from swarmdrill.pytestplugin.items import (
    about_of,
    claims_of,
    is_given_a_procedure,
    name_of,
    title_of,
    trial_in,
    trial_of,
    without_trial,
)
from swarmdrill.pytestplugin.session import settings_of
from swarmdrill.results.overhead import Waited
from swarmdrill.results.records import ScenarioRecord, ScenarioStatus, Verdict

# The attribute of a report; its value is of what xdist can send: dictionaries, lists, texts (no Messages) and numbers.
NOTES = "swarmdrill"


# What a scenario that ended before its tear-down did not say.
_UNSAID: Mapping[str, Any] = {"reason": "", "verdicts": (), "trial_outcome": None, "claims": ()}
_RECORD: TypeAdapter[ScenarioRecord] = TypeAdapter(ScenarioRecord)


class Notes:
    """Subscriber that keeps what a scenario says, and puts it on the reports of its three phases."""

    def __init__(self) -> None:
        self._verdicts: list[Verdict] = []
        self._trial: Trial | None = None
        self._waited = Waited()

    def __call__(self, event: Event) -> None:
        self._waited(event)
        match event:
            case VerdictGiven():
                self._verdicts += [
                    Verdict(claim, event.outcome, expected=event.expected, observed=event.observed)
                    for claim in event.claims
                ]
            case TrialObserved():
                self._trial = Trial(event.outcome, {str(name): str(value) for name, value in event.factors.items()})

    def put_on(self, report: pytest.TestReport, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Put on the report of one phase what is known by then: who it is, how it ended, at last what it said."""
        notes: dict[str, Any] = {"name": name_of(item), "title": title_of(item), "trial": trial_of(item)}
        if about_of(item):
            notes["claims"] = list(claims_of(item))
        if is_given_a_procedure(item):
            notes["procedure"] = settings_of(item.config).procedure
        if call.excinfo is not None and not report.passed:
            notes["reason"] = redact(first_line(call.excinfo.value))
            if report.failed:
                # What pytest.raises did not see is a failed expectation, not a broken lab.
                missed = isinstance(call.excinfo.value, pytest.fail.Exception)
                notes["status"] = "failed" if missed else status_of(call.excinfo.value).value
        if report.when == "call":
            notes["waited"] = self._waited.take(call.start, call.stop)
        if report.when == "teardown":
            notes["verdicts"] = [asdict(verdict) for verdict in self._verdicts]
            notes["trial_outcome"] = asdict(self._trial) if self._trial else None
            self._verdicts, self._trial = [], None
        setattr(report, NOTES, writable(notes))


def broke(report: Any) -> bool:
    """Whether the phase ended because the lab or the harness failed, not the claim."""
    return bool(report.failed) and _notes(report, lambda _: None).get("status") == "broken"


def record_of(phases: Mapping[str, Any], collected: Callable[[str], str | None]) -> ScenarioRecord:
    """One record from the reports of a scenario's phases, by phase; of a worker that died there is a single one.

    `collected` is asked then by what name the scenario of a node id is kept; None where nobody knows.
    """
    notes: dict[str, Any] = {}
    for report in phases.values():
        # What was said first stays: a tear-down that fails as well is a consequence.
        notes = {**_notes(report, collected), **notes}
    call = phases.get("call")
    told = {
        **_UNSAID,
        **notes,
        "status": _status(phases),
        "seconds": round(call.duration, 3) if call else 0.0,
        "waited": round(min(notes.get("waited", 0.0), call.duration), 3) if call else 0.0,
        "lasted": round(sum(report.duration for report in phases.values()), 3),
    }
    # Not strict: what travels has lists and texts, where the record has tuples and outcomes.
    return _RECORD.validate_python(told, strict=False)


def _notes(report: Any, collected: Callable[[str], str | None]) -> Mapping[str, Any]:
    """What is on the report; of a worker that died, whose report xdist makes up, what can be told."""
    found: Mapping[str, Any] | None = getattr(report, NOTES, None)
    if found is not None:
        return found
    trial = trial_in(report.nodeid)
    name = collected(report.nodeid) or without_trial(report.nodeid, trial)
    reason = redact(str(report.longrepr).strip().partition("\n")[0])
    return {"name": name, "title": name, "trial": trial, "reason": reason, "status": "broken"}


def _status(phases: Mapping[str, Any]) -> ScenarioStatus:
    reports = list(phases.values())
    if any(broke(report) for report in reports):
        return "broken"
    if any(report.failed for report in reports):
        return "failed"
    return "skipped" if any(report.skipped for report in reports) else "passed"
