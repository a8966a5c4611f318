"""The matrix of claims as one HTML page: no network, no fonts or scripts of others, readable without scripts at all."""

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment
from markupsafe import Markup

from swarmdrill.report import templates
from swarmdrill.report.claims import words
from swarmdrill.report.claims.words import slug
from swarmdrill.results.evidence import ScenarioEvidence
from swarmdrill.results.matrix import Cell, CellFinding, ClaimRow, Matrix

NOUNS = {"claim": "claim", "trouble": "known trouble"}
# What the legend says of each finding.
LEGEND = {
    "claim": {
        CellFinding.HELD: "every trial saw what the claim says",
        CellFinding.REFUTED: "every trial saw something else",
        CellFinding.VARIED: "some trials saw it and some did not. Of one scenario, the interval is where the "
        "share lies, "
        "at 95 % confidence; by scenario: different scenarios saw different things, and the evidence says which",
        CellFinding.NOT_CHECKED: "no trial is evidence; the reason is with it",
    },
    "trouble": {
        CellFinding.HELD: "every trial saw the trouble that the thread reports",
        CellFinding.REFUTED: "no trial saw it",
        CellFinding.VARIED: "some trials saw it",
    },
}


@dataclass(frozen=True)
class Pill:
    """An outcome to choose: what the filter calls it, what a person reads, and its colours."""

    value: str
    text: str
    classes: str


def as_html(matrix: Matrix) -> str:
    """The page: the same runs give the same bytes."""
    pages = _pages()
    style, script = _part(pages, "style.css"), _part(pages, "filter.js")
    # No source but these two texts: nothing is fetched, and no text that a run recorded can become a program.
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}"
    return pages.get_template("page.html").render(
        matrix=matrix, policy=policy, style=style, script=script, pills=_pills()
    )


@cache
def _pages() -> Environment:
    pages = templates.environment("swarmdrill.report.claims", "page")
    pages.filters["slug"] = slug
    pages.globals |= {
        "words": words,
        "slug": slug,
        "NOUNS": NOUNS,
        "LEGEND": LEGEND,
        "NOT_CHECKED": CellFinding.NOT_CHECKED,
        "anchor_of": anchor_of,
        "marked": marked,
        "why": why,
        "amount_of_evidence": amount_of_evidence,
        "at_engine": at_engine,
        "groups": groups,
        "silent": silent,
    }
    return pages


def _part(pages: Environment, name: str) -> Markup:
    """A text of ours that stands in the page as it is."""
    assert pages.loader is not None
    return Markup(pages.loader.get_source(pages, name)[0])


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _pills() -> list[Pill]:
    pills = [Pill("", "all", "")]
    for kind in words.HEADINGS:
        for finding in CellFinding:
            if finding is not CellFinding.NOT_CHECKED:
                text = str(words.sign(kind, finding))
                pills.append(Pill(f"{kind}-{finding.value}", text, f"{kind} {finding.value}"))
    nothing = slug(CellFinding.NOT_CHECKED.value)
    return [*pills, Pill(nothing, str(words.sign("claim", CellFinding.NOT_CHECKED)), nothing)]


def anchor_of(row: ClaimRow, cell: Cell) -> str:
    """Where the evidence of one cell is on the page."""
    return slug(row.claim.id, cell.column.engine, cell.column.provider)


def marked(text: str) -> list[str]:
    """Text of the registry, which marks code with backquotes: what stands at odd places is code."""
    return re.split("`([^`]+)`", text)


def why(row: ClaimRow) -> str:
    """What explains a row at a glance: a reason that the runs bear out, or why there are none."""
    if row.finding is CellFinding.NOT_CHECKED:
        return row.claim.out_of_reach
    return "" if row.unexpected else row.claim.because


def amount_of_evidence(row: ClaimRow) -> str:
    """`12 trials of 3 scenarios`, or "none yet"."""
    scenarios = {scenario.name for cell in row.cells for scenario in cell.scenarios if scenario.counts.seen}
    trials = sum(cell.counts.seen for cell in row.cells)
    return f"{words.amount(trials, 'trial')} of {words.amount(len(scenarios), 'scenario')}" if trials else "none yet"


def at_engine(row: ClaimRow, engine: str) -> list[Cell]:
    """All cells of one engine version, on whatever machines."""
    return [cell for cell in row.cells if cell.column.engine == engine]


def groups(cells: list[Cell]) -> list[list[Cell]]:
    """Cells of one engine version that have their finding in common; the first one where none is checked."""
    checked = [cell for cell in cells if cell.counts.seen]
    found: dict[tuple[CellFinding, bool], list[Cell]] = {}
    for cell in checked or cells[:1]:
        found.setdefault((cell.finding, cell.unexpected), []).append(cell)
    return list(found.values())


def silent(scenario: ScenarioEvidence) -> list[str]:
    """How many trials of the scenario are no evidence, and why: `2 broken`."""
    counts = scenario.counts
    kinds = {"unknown": counts.unknown, "broken": counts.broken, "skipped": counts.skipped}
    return [f"{count} {what}" for what, count in kinds.items() if count]
