"""What a run comes down to: scenarios and verdicts, as text for a terminal and Markdown for a CI page."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from swarmdrill.base.text import oneline
from swarmdrill.results.cases import ScenarioTrials, cases
from swarmdrill.results.records import ScenarioRecord, ScenarioStatus, overhead

_MARKS: dict[ScenarioStatus, str] = {"passed": "✓", "failed": "✗", "broken": "!", "skipped": "-"}
_ORDER: tuple[ScenarioStatus, ...] = ("passed", "failed", "broken", "skipped")


def as_text(records: Sequence[ScenarioRecord], report: Path | str | None) -> str:
    """The summary for a terminal. `report` is the HTML file, or the reason why there is none, or None."""
    lines = ["swarmdrill"]
    found = cases(records)
    width = max((len(_title(case)) for case in found), default=0)
    for case in found:
        lines.append(f"  {_line(case, width)}")
        lines += [f"      {said}" for said in [*case.outcomes(), *case.table(), *case.verdicts(), *case.left_out()]]
    lines.append(f"  {_count(records)}")
    if said := _overhead(records):
        lines.append(f"  {said}")
    if isinstance(report, Path):
        lines += [f"  report: {report}", "  open it in any browser: one file, no server, no network"]
    elif report:
        lines.append(f"  no HTML report: {report}")
    return "\n".join(lines) + "\n"


def line(record: ScenarioRecord) -> str:
    """How one scenario ended, on one line, while others run."""
    trial = f", trial {record.trial}" if record.trial else ""
    word = f"  {record.status}" if record.status in ("broken", "skipped") else ""
    if record.status == "skipped" and record.reason:
        word += f": {oneline(record.reason)}"
    return f"{_MARKS[record.status]} {record.title or record.name}{trial}  {_seconds(record.lasted):>8}{word}"


def as_markdown(records: Sequence[ScenarioRecord], report: Path | str | None) -> str:
    """The same for `GITHUB_STEP_SUMMARY`; links to nothing, since the report is an artifact there."""
    lines = ["## swarmdrill", "", _count(records), ""]
    if said := _overhead(records):
        lines[-1:] = ["", f"{said[0].upper()}{said[1:]}", ""]
    if records:
        lines += ["| | scenario | seconds | claims |", "|---|---|---:|---|"]
    for case in cases(records):
        said = "<br>".join(_cell(text) for text in [*case.outcomes(), *case.verdicts(), *case.left_out()])
        mark = f"{_MARKS[case.status]} {case.status}"
        trials = f"<br>{_cell(case.trials_text())}" if case.repeated else ""
        lines.append(f"| {mark} | {_cell(_title(case))}{trials} | {case.mean_seconds:.1f} | {said} |")
    for case in cases(records):
        if table := case.table():
            lines += [
                "",
                f"**{_cell(_title(case))}**",
                "",
                "```text",
                *(row.replace("```", "'''") for row in table),
                "```",
            ]
    if isinstance(report, Path):
        lines += ["", f"Report: `{report.name}` in the artifacts; download it and open it in any browser."]
    elif report:
        lines += ["", f"No HTML report: {_cell(report)}"]
    return "\n".join(lines) + "\n"


def _line(case: ScenarioTrials, width: int) -> str:
    """One scenario on one line, however often it ran; `width` pads its title, in characters."""
    if case.repeated:
        return f"{_MARKS[case.status]} {_title(case):{width}}  {case.trials_text()}"
    word = f"  {case.status}" if case.status in ("broken", "skipped") else ""
    return f"{_MARKS[case.status]} {_title(case):{width}}  {_seconds(case.mean_seconds):>8}{word}"


def _title(case: ScenarioTrials) -> str:
    return case.title or case.name


def _count(records: Sequence[ScenarioRecord]) -> str:
    if not records:
        return "no scenario ran"
    number = Counter(record.status for record in records)
    parts = [f"{number[status]} {status}" for status in _ORDER if number[status]]
    return f"{', '.join(parts)} in {_seconds(sum(record.lasted for record in records))}"


def _overhead(records: Sequence[ScenarioRecord]) -> str:
    """What the harness adds to Docker's own time: see `swarmdrill.results.overhead`."""
    share, seconds = overhead(records)
    return f"harness overhead {100 * share:.0f} % of {seconds:.0f} s" if seconds else ""


def _seconds(duration: float) -> str:
    return f"{duration:.1f} s"


def _cell(text: str) -> str:
    """`text` for a cell of a Markdown table, which a bar or a line break would end; tags would vanish."""
    return oneline(text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|"))
