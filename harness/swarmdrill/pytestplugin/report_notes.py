"""What the process that runs a scenario hears of it, on pytest's reports: the controller of workers hears no events."""

from collections.abc import Mapping
from typing import Any

import pytest

from swarmdrill.base.events import Event, Outcome, TrialObserved, VerdictGiven
from swarmdrill.base.redaction import redact
from swarmdrill.base.statistics import Trial
from swarmdrill.base.trace import first_line, status_of
from swarmdrill.pytestplugin.items import about_of, claims_of, name_of, title_of, trial_in, trial_of, without_trial
from swarmdrill.results.overhead import Waited
from swarmdrill.results.records import ScenarioRecord, Status, Verdict

# The attribute of a report; its value is of what xdist can send: dictionaries, lists, texts (no Messages) and numbers.
NOTES = "swarmdrill"


class Notes:
    """Subscriber that keeps what a scenario says, and puts it on the reports of its three phases."""

    def __init__(self) -> None:
        self._verdicts: list[dict[str, str]] = []
        self._trial: dict[str, Any] | None = None
        self._waited = Waited()

    def __call__(self, event: Event) -> None:
        self._waited(event)
        match event:
            case VerdictGiven():
                said = {
                    "outcome": event.outcome.value,
                    "expected": str(event.expected),
                    "observed": str(event.observed),
                }
                self._verdicts += [{"claim": claim, **said} for claim in event.claims]
            case TrialObserved():
                factors = {str(name): str(value) for name, value in event.factors.items()}
                self._trial = {"outcome": str(event.outcome), "factors": factors}

    def put_on(self, report: pytest.TestReport, item: pytest.Item, call: pytest.CallInfo[None]) -> None:
        """Put on the report of one phase what is known by then: who it is, how it ended, at last what it said."""
        notes: dict[str, Any] = {"name": name_of(item), "title": title_of(item), "trial": trial_of(item)}
        if about_of(item):
            notes["claims"] = list(claims_of(item))
        if call.excinfo is not None and not report.passed:
            notes["reason"] = redact(first_line(call.excinfo.value))
            if report.failed:
                # What pytest.raises did not see is a failed expectation, not a broken lab.
                missed = isinstance(call.excinfo.value, pytest.fail.Exception)
                notes["status"] = "failed" if missed else status_of(call.excinfo.value).value
        if report.when == "call":
            notes["waited"] = self._waited.take(call.start, call.stop)
        if report.when == "teardown":
            notes |= {"verdicts": self._verdicts, "trial_outcome": self._trial}
            self._verdicts, self._trial = [], None
        setattr(report, NOTES, notes)


def broke(report: Any) -> bool:
    """Whether the phase ended because the lab or the harness failed, not the claim."""
    return bool(report.failed) and _notes(report).get("status") == "broken"


def record_of(phases: Mapping[str, Any]) -> ScenarioRecord:
    """One record from the reports of a scenario's phases, by phase; of a worker that died there is a single one."""
    notes: dict[str, Any] = {}
    for report in phases.values():
        # What was said first stays: a tear-down that fails as well is a consequence.
        notes = {**_notes(report), **notes}
    seen, call = notes.get("trial_outcome"), phases.get("call")
    return ScenarioRecord(
        name=notes["name"],
        title=notes["title"],
        trial=notes["trial"],
        status=_status(phases),
        reason=notes.get("reason", ""),
        seconds=round(call.duration, 3) if call else 0.0,
        waited=round(min(notes.get("waited", 0.0), call.duration), 3) if call else 0.0,
        verdicts=tuple(Verdict(**{**said, "outcome": Outcome(said["outcome"])}) for said in notes.get("verdicts", ())),
        trial_outcome=Trial(seen["outcome"], seen["factors"]) if seen else None,
        lasted=round(sum(report.duration for report in phases.values()), 3),
        claims=tuple(notes.get("claims", ())),
    )


def _notes(report: Any) -> Mapping[str, Any]:
    """What is on the report; of a worker that died, whose report xdist makes up, what can be told."""
    found: Mapping[str, Any] | None = getattr(report, NOTES, None)
    if found is not None:
        return found
    trial = trial_in(report.nodeid)
    name = without_trial(report.nodeid, trial)
    reason = redact(str(report.longrepr).strip().partition("\n")[0])
    return {"name": name, "title": name, "trial": trial, "reason": reason, "status": "broken"}


def _status(phases: Mapping[str, Any]) -> Status:
    reports = list(phases.values())
    if any(broke(report) for report in reports):
        return "broken"
    if any(report.failed for report in reports):
        return "failed"
    return "skipped" if any(report.skipped for report in reports) else "passed"
