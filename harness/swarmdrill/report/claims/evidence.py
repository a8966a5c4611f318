"""The evidence for a claim as HTML: what each scenario saw, when, on what, and the command that repeats it."""

import re
from html import escape
from urllib.parse import urlsplit

from swarmdrill.report.claims import words
from swarmdrill.report.claims.words import slug
from swarmdrill.results.evidence import ScenarioEvidence, Sighting
from swarmdrill.results.matrix import Cell, Matrix, Row


def prose(text: str) -> str:
    """Text of the registry, which marks code with backquotes."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", escape(text))


def cell_anchor(row: Row, cell: Cell) -> str:
    """Where the evidence of one cell is on the page."""
    return slug(row.claim.id, cell.column.engine, cell.column.provider)


def source_link(row: Row) -> str:
    """The claim's source; a link only where the address is one of the web."""
    title, url = escape(row.claim.source), row.claim.url
    if urlsplit(url).scheme not in ("http", "https"):
        return title
    return f'<a href="{escape(url)}" rel="noreferrer">{title}</a>'


def evidence(row: Row, engines: tuple[str, ...]) -> str:
    """What is in a claim's `<details>`: expectation, reason, source, and every cell's evidence."""
    claim = row.claim
    about = [("Expected", escape(words.expectation(row, engines))), ("Source", source_link(row))]
    if claim.because:
        about.insert(1, ("Because", prose(claim.because)))
    if claim.out_of_reach:
        about.append(("Out of reach", prose(claim.out_of_reach)))
    terms = "".join(f"<div><dt>{term}</dt><dd>{text}</dd></div>" for term, text in about)
    cells = "\n".join(_cell(row, cell) for cell in row.cells)
    return f'<dl class="about">{terms}</dl>\n{cells}'


def _cell(row: Row, cell: Cell) -> str:
    kind, finding = row.claim.kind, cell.finding
    heading = (
        f'<h4><span class="where">{escape(words.column_name(cell.column))}</span> '
        f'<span class="verdict {kind} {slug(finding.value)}">{escape(str(words.sign(kind, finding)))}</span>'
    )
    if cell.counts.seen:
        heading += f' <span class="tally">{escape(words.tally(kind, cell.counts))}{_beside(cell)}</span>'
    if cell.unexpected and cell.expected:
        heading += (
            f' <span class="unexpected">! unexpected: {words.outcome_word(kind, cell.expected)} was expected</span>'
        )
    reason = f'<p class="reason">{prose(cell.reason)}</p>' if cell.reason else ""
    scenarios = "".join(_scenario(kind, scenario) for scenario in cell.scenarios)
    anchor = escape(cell_anchor(row, cell))
    return (
        f'<section class="cell" id="{anchor}" data-engine="{escape(cell.column.engine)}">'
        f"{heading}</h4>{reason}{scenarios}</section>"
    )


def _beside(cell: Cell) -> str:
    """What is said beside the tally of a cell: how far it spreads, and how many trials are unknown."""
    spread, unknown = words.spread(cell), words.unknown(cell.counts)
    return (f" ({escape(spread)})" if spread else "") + (f"; {unknown}" if unknown else "")


def _scenario(kind: str, scenario: ScenarioEvidence) -> str:
    counts = scenario.counts
    said = words.found(kind, counts) if counts.seen else ""
    silent = [
        f"{count} {what}"
        for what, count in (("unknown", counts.unknown), ("broken", counts.broken), ("skipped", counts.skipped))
        if count
    ]
    said = "; ".join([said, *silent] if said else silent)
    more = f'<p class="more">and {scenario.untold} more</p>' if scenario.untold else ""
    reason = f'<p class="reason">{escape(scenario.reason)}</p>' if scenario.reason else ""
    return (
        f'<article class="scenario"><h5>{escape(scenario.title or scenario.name)} '
        f'<span class="tally">{escape(said)}</span></h5>'
        f'<p class="node"><code>{escape(scenario.name)}</code></p>{reason}'
        + "".join(_sighting(kind, sighting) for sighting in scenario.sightings)
        + f'{more}<p class="repeat">Repeat it:</p><pre><code>{escape(scenario.command)}</code></pre></article>'
    )


def _sighting(kind: str, sighting: Sighting) -> str:
    run = sighting.run
    shape = words.amount(run.managers, "manager") + (f", {words.amount(run.workers, 'worker')}" if run.workers else "")
    when = f"{words.date(run)}, swarmdrill {run.swarmdrill}, {shape}"
    often = f"{sighting.times} times, last " if sighting.times > 1 else ""
    said = "".join(
        f"<dt>expected</dt><dd>{escape(pair.expected)}</dd><dt>observed</dt><dd>{escape(pair.observed)}</dd>"
        for pair in sighting.comparisons
    )
    word = words.outcome_word(kind, sighting.outcome)
    host = escape(words.host(run))
    return (
        f'<div class="sighting"><p class="when"><b class="{kind} {slug(sighting.outcome.value)}">{escape(word)}</b> '
        f'{escape(often + when)}, <a href="#{slug("run", run.id)}" title="{host}">run {escape(run.id)}</a></p>'
        f"<dl>{said}</dl></div>"
    )


def runs_table(matrix: Matrix) -> str:
    """Every run, newest first."""
    if not matrix.runs:
        return '<p class="empty">No run is stored yet: <code>make drill</code> makes the first one.</p>'
    rows = []
    for found in reversed(matrix.runs):
        run = found.run
        shape = f"{run.managers}+{run.workers}" if run.workers else str(run.managers)
        cells = (
            run.started.replace("T", " "),
            run.engine,
            words.machines(run.provider),
            shape,
            str(len(found.scenarios)),
            words.host(run),
            run.swarmdrill,
        )
        rows.append(
            f'<tr id="{slug("run", run.id)}"><th scope="row"><code>{escape(run.id)}</code></th>'
            + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
            + "</tr>"
        )
    names = ("run", "started", "engine", "machines", "managers", "scenarios", "host", "swarmdrill")
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    table = f'<table class="runs"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
    return f'<div class="wide" tabindex="0" role="region" aria-label="the runs">{table}</div>'
