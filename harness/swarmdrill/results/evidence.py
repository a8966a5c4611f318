"""What stored runs say of one claim in one scenario: how often it held, when last, and the command to see it again."""

import shlex
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from swarmdrill.base.events import PRECEDENCE, Outcome
from swarmdrill.base.settings import OPTIONS
from swarmdrill.base.statistics import wilson
from swarmdrill.results.records import RunRecord, ScenarioRecord

# A claim that was seen a hundred times needs no hundred texts: the newest of each kind, the rest is a number.
SHOWN = 3
_DEFAULTS = {option.name: option.default for option in OPTIONS}


@dataclass(frozen=True)
class Counts:
    """How many times a scenario said what of a claim; one trial of a scenario is one time.

    `unknown` are also trials that failed before they came to the claim.
    `broken` and `skipped` are trials that say nothing: the lab broke, or the machines cannot do what is needed.
    """

    held: int = 0
    refuted: int = 0
    varied: int = 0
    unknown: int = 0
    broken: int = 0
    skipped: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(Counts)))

    @property
    def seen(self) -> int:
        """How many trials are evidence."""
        return self.held + self.refuted + self.varied

    @property
    def unanimous(self) -> bool:
        """Whether every trial that is evidence said the same, and none that it varies."""
        return self.seen > 0 and self.seen in (self.held, self.refuted)

    @property
    def interval(self) -> tuple[float, float]:
        """Where the share of trials in which the claim holds lies, with a confidence of 95 %."""
        return wilson(self.held, self.seen)


@dataclass(frozen=True)
class Comparison:
    """What a scenario expected and what it observed, in its words."""

    expected: str
    observed: str


@dataclass(frozen=True)
class Sighting:
    """One thing that was seen: the verdicts that decided, the newest run that has them, and in how many trials."""

    outcome: Outcome
    comparisons: tuple[Comparison, ...]
    run: RunRecord
    trial: int | None
    times: int


@dataclass(frozen=True)
class ScenarioEvidence:
    """All trials of one scenario that say something of one claim, under one engine version and provider.

    `sightings` are the newest few of each outcome, `untold` is how many others there are. `reason` is why trials
    said nothing, for a scenario that never did.
    """

    name: str
    title: str
    counts: Counts
    sightings: tuple[Sighting, ...]
    untold: int
    reason: str
    command: str


def verdict_on(claim: str, record: ScenarioRecord) -> Outcome | None:
    """What one trial says of the claim, None where it says nothing: one refuting verdict outweighs all others.

    A broken scenario is never evidence, whatever it said before it broke. One that failed before it came to its verdict
    leaves unknown what it is marked to check.
    """
    if record.status in ("broken", "skipped"):
        return None
    outcomes = {verdict.outcome for verdict in record.verdicts if verdict.claim == claim}
    for decisive in PRECEDENCE:
        if decisive in outcomes:
            return decisive
    return Outcome.UNKNOWN if record.status == "failed" and claim in record.claims else None


def gather(claim: str, records: Sequence[tuple[RunRecord, ScenarioRecord]]) -> ScenarioEvidence:
    """The evidence for the claim in all records of one scenario, which come in order of time; at least one."""
    counts = Counts()
    seen: dict[tuple[Outcome, tuple[Comparison, ...]], Sighting] = {}
    reasons: list[str] = []
    for run, record in records:
        outcome = verdict_on(claim, record)
        counts += _count(record, outcome)
        if outcome is None or outcome is Outcome.UNKNOWN:
            reasons.append(_reason(claim, record))
        if outcome is not None:
            comparisons = tuple(
                Comparison(verdict.expected, verdict.observed)
                for verdict in record.verdicts
                if verdict.claim == claim and verdict.outcome is outcome
            ) or (Comparison("a verdict", f"the scenario failed before: {record.reason}"),)
            # Taken out and put in again: the order is that of the newest time that it was seen.
            before = seen.pop((outcome, comparisons), None)
            times = before.times + 1 if before else 1
            seen[outcome, comparisons] = Sighting(outcome, comparisons, run, record.trial, times)
    shown = _newest(seen.values())
    run, record = records[-1]
    return ScenarioEvidence(
        name=record.name,
        title=record.title,
        counts=counts,
        sightings=shown,
        untold=sum(sighting.times for sighting in seen.values()) - sum(sighting.times for sighting in shown),
        reason="" if counts.seen else next((reason for reason in reversed(reasons) if reason), ""),
        command=repeat_command(run, record.name, record.procedure),
    )


def _count(record: ScenarioRecord, outcome: Outcome | None) -> Counts:
    if outcome is not None:
        return Counts(**{outcome.value: 1})
    return Counts(broken=int(record.status == "broken"), skipped=int(record.status == "skipped"))


def _reason(claim: str, record: ScenarioRecord) -> str:
    unknown = [
        verdict.observed
        for verdict in record.verdicts
        if verdict.claim == claim and verdict.outcome is Outcome.UNKNOWN and record.status != "broken"
    ]
    return record.reason or next(iter(unknown), "")


def _newest(sightings: Iterable[Sighting]) -> tuple[Sighting, ...]:
    """The newest few of each outcome, those that contradict the claim first."""
    by_outcome: Mapping[Outcome, list[Sighting]] = defaultdict(list)
    for sighting in sightings:
        by_outcome[sighting.outcome].append(sighting)
    order = (Outcome.REFUTED, Outcome.VARIED, Outcome.HELD, Outcome.UNKNOWN)
    return tuple(sighting for outcome in order for sighting in by_outcome[outcome][: -SHOWN - 1 : -1])


def repeat_command(run: RunRecord, name: str, procedure: str = "") -> str:
    """The command that runs exactly this scenario on machines like those of the run, for a shell in the checkout."""
    wanted = {"provider": run.provider, "managers": str(run.managers), "workers": str(run.workers)}
    wanted |= {"procedure": procedure or _DEFAULTS["procedure"]}
    options = [f"--engine={run.engine}"]
    options += [f"--{option}={value}" for option, value in wanted.items() if value != _DEFAULTS[option]]
    return shlex.join([".venv/bin/pytest", "scenarios", f"--scenario={name}", *options])
