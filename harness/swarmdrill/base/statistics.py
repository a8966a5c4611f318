"""How often: what trials of one scenario saw, as shares with their uncertainty, and what distinguishes the cases."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from statistics import NormalDist

# What is longer is cut in the head of a table; the line above it has all of it.
LONGEST_HEAD = 24
# A factor with more values than this is a list of the trials rather than a distinction.
MOST_VALUES = 8
UNTOLD = "(not said)"


def wilson(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """The interval in which the true share lies, by Wilson's score; it stays within 0 and 1 and holds for few trials.

    Args:
        successes: how many of the trials saw it, 0 to `trials`.
        trials: how many there were; none says nothing, so the interval is all of 0 to 1.
        confidence: how often such an interval has the true share in it, between 0 and 1, neither included.
    Returns: its lower and its upper end, as shares.
    Raises:
        ValueError: for counts or a confidence outside these bounds.
    Source: E. B. Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22 (1927).
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no share")
    if not 0 < confidence < 1:
        raise ValueError(f"confidence {confidence} is not between 0 and 1")
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = successes / trials
    scale = 1 + z * z / trials
    centre = (share + z * z / (2 * trials)) / scale
    margin = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials)) / scale
    # Both ends are exact where all or none saw it; rounding would leave something like 1e-17.
    return (centre - margin if successes else 0.0), (centre + margin if successes < trials else 1.0)


@dataclass(frozen=True)
class Trial:
    """What one run of a scenario whose outcome may vary saw: `factors` are what may have decided it, by name."""

    outcome: str
    factors: Mapping[str, str]


@dataclass(frozen=True)
class Share:
    """How many of the trials had the outcome."""

    outcome: str
    count: int
    trials: int

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true share lies, with a confidence of 95 %."""
        return wilson(self.count, self.trials)

    def __str__(self) -> str:
        low, high = (round(100 * end) for end in self.interval)
        return f"{self.outcome} {self.count} of {self.trials} ({100 * self.count / self.trials:.0f} %, {low}-{high} %)"


@dataclass(frozen=True)
class Distribution:
    """What all trials of `scenario` saw.

    `counts` has the number of trials by outcome, the most frequent first. `tables` has for each factor, by name, how
    many trials there were by its value and by outcome.
    """

    scenario: str
    counts: Mapping[str, int]
    tables: Mapping[str, Mapping[str, Mapping[str, int]]]

    @property
    def trials(self) -> int:
        """How many there were."""
        return sum(self.counts.values())

    @property
    def shares(self) -> tuple[Share, ...]:
        """The share of each outcome, the most frequent first."""
        return tuple(Share(outcome, count, self.trials) for outcome, count in self.counts.items())

    def line(self) -> str:
        """`newest state 13 of 20 (65 %, 43-82 %), old state 7 of 20 (35 %, 18-57 %)`: intervals of 95 %."""
        return ", ".join(str(share) for share in self.shares)

    def table(self) -> list[str]:
        """Which values of which factor came with which outcome; no lines where there is one outcome only."""
        if len(self.counts) < 2:
            return []
        heads = [_cut(outcome) for outcome in self.counts]
        width = max((len(name) for name in self._names()), default=0)
        lines = []
        for factor, table in self.tables.items():
            if len(table) == 1:
                lines.append(f"{factor}: always {next(iter(table))}")
                continue
            lines.append(f"{factor:{width}}  {'  '.join(heads)}")
            for value, counts in list(table.items())[:MOST_VALUES]:
                cells = (
                    f"{counts.get(outcome, 0):>{len(head)}}" for outcome, head in zip(self.counts, heads, strict=True)
                )
                lines.append(f"  {value:{width - 2}}  {'  '.join(cells)}")
            if len(table) > MOST_VALUES:
                lines.append(f"  and {len(table) - MOST_VALUES} other values")
        return lines

    def _names(self) -> list[str]:
        """What the first column has to hold."""
        values = [f"  {value}" for table in self.tables.values() for value in [*table][:MOST_VALUES] if len(table) > 1]
        return [*self.tables, *values]


def distribution(scenario: str, trials: Iterable[Trial]) -> Distribution:
    """Count what the trials of one scenario saw. A trial that does not say a factor has the value "(not said)"."""
    seen = list(trials)
    factors = dict.fromkeys(factor for trial in seen for factor in trial.factors)
    return Distribution(
        scenario,
        _ranked(Counter(trial.outcome for trial in seen)),
        {factor: _crossed(factor, seen) for factor in factors},
    )


def _crossed(factor: str, trials: list[Trial]) -> Mapping[str, Mapping[str, int]]:
    values = _ranked(Counter(trial.factors.get(factor, UNTOLD) for trial in trials))
    return {
        value: Counter(trial.outcome for trial in trials if trial.factors.get(factor, UNTOLD) == value)
        for value in values
    }


def _ranked(counts: Counter[str]) -> dict[str, int]:
    """The most frequent first, equals by name: the same trials in another order give the same text."""
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_HEAD else text[: LONGEST_HEAD - 1] + "…"
