"""What a run comes down to: scenarios and verdicts, as text for a terminal and Markdown for a CI page."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.trace import Outcome

ScenarioStatus = Literal["passed", "failed", "broken", "skipped"]

_MARKS: dict[ScenarioStatus, str] = {"passed": "✓", "failed": "✗", "broken": "!", "skipped": "-"}
_ORDER: tuple[ScenarioStatus, ...] = ("passed", "failed", "broken", "skipped")


@dataclass(frozen=True)
class ClaimVerdict:
    """What one scenario found about one claim (`D6`): the outcome, and in a few words what was observed."""

    claim: str
    outcome: Outcome
    observed: str


@dataclass(frozen=True)
class ScenarioResult:
    """How a scenario ended: `name` is pytest's node id, `title` for people to read, `duration` in seconds."""

    name: str
    title: str
    status: ScenarioStatus
    duration: float
    verdicts: tuple[ClaimVerdict, ...] = ()


def as_text(results: Sequence[ScenarioResult], report: Path | str | None) -> str:
    """The summary for a terminal. `report` is the HTML file, or the reason why there is none, or None."""
    lines = ["swarmdrill"]
    width = max((len(_title(result)) for result in results), default=0)
    for result in results:
        lines.append("  " + line(result, width))
        lines += [f"      {_verdict(verdict)}" for verdict in result.verdicts]
    lines.append(f"  {_count(results)}")
    if isinstance(report, Path):
        lines += [f"  report: {report}", "  open it in any browser: one file, no server, no network"]
    elif report:
        lines.append(f"  no HTML report: {report}")
    return "\n".join(lines) + "\n"


def line(result: ScenarioResult, width: int = 0) -> str:
    """One scenario on one line; `width` pads its title, in characters."""
    word = f"  {result.status}" if result.status in ("broken", "skipped") else ""
    return f"{_MARKS[result.status]} {_title(result):{width}}  {_seconds(result.duration):>8}{word}"


def as_markdown(results: Sequence[ScenarioResult], report: Path | str | None) -> str:
    """The same for `GITHUB_STEP_SUMMARY`; links to nothing, since the report is an artifact there."""
    lines = ["## swarmdrill", "", _count(results), ""]
    if results:
        lines += ["| | scenario | seconds | claims |", "|---|---|---:|---|"]
    for result in results:
        claims = "<br>".join(_cell(_verdict(verdict)) for verdict in result.verdicts)
        mark = f"{_MARKS[result.status]} {result.status}"
        lines.append(f"| {mark} | {_cell(_title(result))} | {result.duration:.1f} | {claims} |")
    if isinstance(report, Path):
        lines += ["", f"Report: `{report.name}` in the artifacts; download it and open it in any browser."]
    elif report:
        lines += ["", f"No HTML report: {_cell(report)}"]
    return "\n".join(lines) + "\n"


def _title(result: ScenarioResult) -> str:
    return result.title or result.name


def _verdict(verdict: ClaimVerdict) -> str:
    return f"{verdict.claim} {verdict.outcome.value}: {' '.join(verdict.observed.split())}"


def _count(results: Sequence[ScenarioResult]) -> str:
    if not results:
        return "no scenario ran"
    number = Counter(result.status for result in results)
    parts = [f"{number[status]} {status}" for status in _ORDER if number[status]]
    return f"{', '.join(parts)} in {_seconds(sum(result.duration for result in results))}"


def _seconds(duration: float) -> str:
    return f"{duration:.1f} s"


def _cell(text: str) -> str:
    """`text` for a cell of a Markdown table, which a bar or a line break would end; tags would vanish."""
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|")
    return " ".join(escaped.split())
