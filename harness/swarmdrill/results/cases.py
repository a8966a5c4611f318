"""All trials of one scenario as one case: how they ended, what they saw, and what they say of each claim together."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from swarmdrill.base.events import PRECEDENCE
from swarmdrill.base.statistics import Distribution, Trial, distribution
from swarmdrill.base.text import oneline
from swarmdrill.results.records import ScenarioRecord, ScenarioStatus, Verdict

_ORDER: tuple[ScenarioStatus, ...] = ("passed", "failed", "broken", "skipped")
_WORST: tuple[ScenarioStatus, ...] = ("broken", "failed", "passed", "skipped")


@dataclass(frozen=True)
class ScenarioTrials:
    """A scenario and its records, one for each trial; at least one."""

    records: tuple[ScenarioRecord, ...]

    @property
    def name(self) -> str:
        return self.records[0].name

    @property
    def title(self) -> str:
        return self.records[0].title

    @property
    def repeated(self) -> bool:
        """Whether the scenario ran as trials."""
        return self.records[0].trial is not None

    @property
    def status(self) -> ScenarioStatus:
        """The worst of all trials."""
        return next(status for status in _WORST if any(record.status == status for record in self.records))

    def left_out(self) -> tuple[str, ...]:
        """Why nothing of it ran, in one line; nothing where something did."""
        reason = self.records[0].reason if self.status == "skipped" else ""
        return (oneline(reason),) if reason else ()

    @property
    def mean_seconds(self) -> float:
        """How long a trial took, with set-up and tear-down; those that were skipped do not count where others ran."""
        ran = [record for record in self.records if record.status != "skipped"] or self.records
        return sum(record.lasted for record in ran) / len(ran)

    @cached_property
    def seen(self) -> Distribution:
        """What the trials saw that said it. One that broke says nothing, whatever it said before."""
        return distribution(self.name, self._trials)

    @property
    def _trials(self) -> list[Trial]:
        return [each.trial_outcome for each in self.records if each.trial_outcome and each.status != "broken"]

    def trials_text(self) -> str:
        """`20 trials, 61.2 s each`, and how many ended how where not all passed."""
        number = len(self.records)
        counts = Counter(record.status for record in self.records)
        ended = ", ".join(f"{counts[status]} {status}" for status in _ORDER if counts[status])
        text = f"{number} trial{'s' if number > 1 else ''}, {self.mean_seconds:.1f} s each"
        return text if counts["passed"] == number else f"{text}: {ended}"

    def outcomes(self) -> list[str]:
        """What was seen: in one run with its factors, in trials as shares with their intervals."""
        if not self.seen.trials:
            return []
        if self.repeated:
            return [oneline(self.seen.line())]
        (trial,) = self._trials
        factors = "; ".join(f"{name}: {value}" for name, value in trial.factors.items())
        return [oneline(f"saw {trial.outcome}" + (f" ({factors})" if factors else ""))]

    def table(self) -> list[str]:
        """What distinguishes the outcomes of the trials, if they differ."""
        return self.seen.table()

    def verdicts(self) -> list[str]:
        """A line for each claim: as the scenario said it in one run, counted over the trials of several."""
        if not self.repeated:
            return [_told(verdict) for record in self.records for verdict in record.verdicts]
        claims = dict.fromkeys(verdict.claim for record in self.records for verdict in record.verdicts)
        return [_together(claim, self.records) for claim in claims]


def cases(records: Sequence[ScenarioRecord]) -> list[ScenarioTrials]:
    """One case for each scenario, in the order in which their first trials ended."""
    found: dict[tuple[str, bool], list[ScenarioRecord]] = {}
    for record in records:
        found.setdefault((record.name, record.trial is None), []).append(record)
    return [ScenarioTrials(tuple(sorted(each, key=lambda record: record.trial or 0))) for each in found.values()]


def _told(verdict: Verdict) -> str:
    return oneline(f"{verdict.claim} {verdict.outcome.value}: {verdict.observed}")


def _together(claim: str, records: Sequence[ScenarioRecord]) -> str:
    """`D6 varies: held 13 of 20, refuted 7 of 20`, or `D6 held in 20 of 20: ...` with what the last of them observed.

    A trial that broke says nothing of the claim, whatever it said before.
    """
    spoke = [each for each in (_decisive(claim, record) for record in records if record.status != "broken") if each]
    if not spoke:
        return f"{claim} unknown: the lab broke in every trial that spoke of it"
    counts = Counter(verdict.outcome for verdict in spoke)
    if len(counts) == 1:
        return oneline(f"{claim} {spoke[-1].outcome.value} in {len(spoke)} of {len(spoke)}: {spoke[-1].observed}")
    shares = (f"{outcome.value} {number} of {len(spoke)}" for outcome, number in counts.most_common())
    return f"{claim} varies: {', '.join(shares)}"


def _decisive(claim: str, record: ScenarioRecord) -> Verdict | None:
    said = [verdict for verdict in record.verdicts if verdict.claim == claim]
    return next((verdict for outcome in PRECEDENCE for verdict in said if verdict.outcome is outcome), None)
