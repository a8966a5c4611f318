"""The matrix of claims as one HTML page: no network, no fonts or scripts of others, readable without scripts at all."""

import base64
import hashlib
from html import escape
from pathlib import Path
from string import Template

from swarmdrill.report.claims import words
from swarmdrill.report.claims.evidence import cell_anchor, evidence, prose, runs_table, source_link
from swarmdrill.report.claims.words import slug
from swarmdrill.results.matrix import Cell, Finding, Matrix, Row

PAGE = Path(__file__).with_name("page")
_NOUNS = {"claim": "claim", "trouble": "known trouble"}
_LEGEND = {
    "claim": {
        Finding.HELD: "every trial saw what the claim says",
        Finding.REFUTED: "every trial saw something else",
        Finding.VARIED: "some trials saw it and some did not. Of one scenario, the interval is where the share lies, "
        "at 95 % confidence; by scenario: different scenarios saw different things, and the evidence says which",
        Finding.NOT_CHECKED: "no trial is evidence; the reason is with it",
    },
    "trouble": {
        Finding.HELD: "every trial saw the trouble that the thread reports",
        Finding.REFUTED: "no trial saw it",
        Finding.VARIED: "some trials saw it",
    },
}


def as_html(matrix: Matrix) -> str:
    """The page: the same runs give the same bytes."""
    style, script = _part("style.css"), _part("filter.js")
    # No source but these two texts: nothing is fetched, and no text that a run recorded can become a program.
    policy = f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}"
    return Template(_part("page.html")).substitute(
        policy=escape(policy),
        style=style,
        script=script,
        summary=_summary(matrix),
        engines="".join(
            f'<option value="{escape(engine)}">Docker {escape(engine)}</option>' for engine in matrix.engines
        ),
        pills=_pills(),
        tables="\n".join(_section(matrix, kind) for kind in words.HEADINGS),
        legend=_legend(),
        runs=runs_table(matrix),
    )


def _part(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _summary(matrix: Matrix) -> str:
    lines = []
    for kind, noun in _NOUNS.items():
        if rows := matrix.of_kind(kind):
            lines.append(f"<li><b>{words.amount(len(rows), noun)}</b>: {words.sentence(rows, kind)}</li>")
    unexpected = sum(row.unexpected for row in matrix.rows)
    if unexpected:
        lines.append(f'<li><span class="unexpected">! {unexpected} not as expected</span></li>')
    return "\n".join(lines)


def _pills() -> str:
    """The outcomes to choose from, with their colours: the legend as well."""
    pills = [_pill("", "all", "")]
    for kind in words.HEADINGS:
        for finding in Finding:
            if finding is not Finding.NOT_CHECKED:
                pills.append(
                    _pill(f"{kind}-{finding.value}", str(words.sign(kind, finding)), f"{kind} {finding.value}")
                )
    nothing = Finding.NOT_CHECKED
    pills.append(_pill(slug(nothing.value), str(words.sign("claim", nothing)), slug(nothing.value)))
    return "\n".join(pills)


def _pill(value: str, text: str, classes: str) -> str:
    checked = "" if value else " checked"
    return (
        f'<label class="pill {classes}"><input type="radio" name="outcome" value="{value}"{checked}>'
        f'<span>{text} <b data-count="{value}"></b></span></label>'
    )


def _section(matrix: Matrix, kind: str) -> str:
    """One table: a body per claim, so that its row and its evidence stay together."""
    rows = matrix.of_kind(kind)
    anchor = "claims" if kind == "claim" else "troubles"
    heading = f'<h2 id="{anchor}">{words.HEADINGS[kind]}</h2>'
    if not rows:
        return f'<section class="kind">{heading}<p class="empty">There are none.</p></section>'
    engines = matrix.engines
    head = "".join(
        f'<th scope="col" role="columnheader" data-engine="{escape(engine)}">{escape(engine)}</th>'
        for engine in engines
    )
    # Roles are said again: a phone shows the table's parts as blocks, and some browsers then forget what they are.
    return (
        f'<section class="kind">{heading}\n<table class="claims" role="table">\n<thead role="rowgroup"><tr role="row">'
        f'<th scope="col" role="columnheader">{words.HEADINGS[kind][:-1]}</th>{head}</tr></thead>\n'
        + "\n".join(_row(row, engines) for row in rows)
        + "\n</table></section>"
    )


def _row(row: Row, engines: tuple[str, ...]) -> str:
    claim = row.claim
    anchor = escape(slug(claim.id))
    cells = "".join(_engine(row, engine) for engine in engines)
    why = f'<p class="why">{prose(_why(row))}</p>' if _why(row) else ""
    scenarios = {scenario.name for cell in row.cells for scenario in cell.scenarios if scenario.counts.seen}
    trials = sum(cell.counts.seen for cell in row.cells)
    amount = f"{words.amount(trials, 'trial')} of {words.amount(len(scenarios), 'scenario')}" if trials else "none yet"
    return (
        f'<tbody class="claim" id="{anchor}" data-kind="{escape(claim.kind)}" role="rowgroup">\n<tr role="row">'
        f'<th scope="row" role="rowheader"><p class="said"><a class="id" href="#{anchor}">{escape(claim.id)}</a> '
        f"{prose(claim.text)}</p>{why}</th>{cells}</tr>\n"
        f'<tr class="evidence" role="row"><td colspan="{len(engines) + 1}" role="cell"><details>'
        f"<summary>Evidence: {amount}</summary>\n{evidence(row, engines)}\n</details>"
        f'<span class="source">{source_link(row)}</span></td></tr>\n</tbody>'
    )


def _why(row: Row) -> str:
    """What explains a row at a glance: a reason that the runs bear out, or why there are none."""
    if row.finding is Finding.NOT_CHECKED:
        return row.claim.out_of_reach
    return "" if row.unexpected else row.claim.because


def _engine(row: Row, engine: str) -> str:
    """All of one engine version: a mark per finding, with the machines that gave it, or one that says there is none."""
    cells = [cell for cell in row.cells if cell.column.engine == engine]
    checked = [cell for cell in cells if cell.counts.seen]
    groups: dict[tuple[Finding, bool], list[Cell]] = {}
    for cell in checked or cells[:1]:
        groups.setdefault((cell.finding, cell.unexpected), []).append(cell)
    marks = "".join(_mark(row, group, named=len(cells) > 1) for group in groups.values())
    findings = ",".join(slug(cell.finding.value) for cell in checked) or slug(Finding.NOT_CHECKED.value)
    return (
        f'<td role="cell" data-engine="{escape(engine)}" data-findings="{findings}">'
        f'<span class="engine" aria-hidden="true">{escape(engine)}</span>{marks}</td>'
    )


def _mark(row: Row, cells: list[Cell], *, named: bool) -> str:
    """One finding; `cells` have it in common, a line each. `named`: with the machines, where there are several."""
    kind, first = row.claim.kind, cells[0]
    lines = []
    for cell in cells:
        line = words.short_reason(cell)
        if cell.counts.seen:
            line = f"{words.machines(cell.column.provider)}: " * named + words.tally(kind, cell.counts)
        lines += [f"<small>{escape(line)}</small>"] if line else []
        if spread := words.spread(cell):
            lines.append(f"<small>{escape(spread)}</small>")
        if unknown := words.unknown(cell.counts):
            lines.append(f"<small>{unknown}</small>")
    if first.unexpected:
        lines.append('<small class="unexpected">! unexpected</small>')
    sign = words.sign(kind, first.finding)
    return (
        f'<a class="mark {kind} {slug(first.finding.value)}" href="#{escape(cell_anchor(row, first))}">'
        f'<b><span aria-hidden="true">{sign.symbol}</span> {sign.word}</b>{"".join(lines)}</a>'
    )


def _legend() -> str:
    lines = []
    for kind, findings in _LEGEND.items():
        for finding, text in findings.items():
            mark = f'<span class="mark {kind} {slug(finding.value)}"><b>{words.sign(kind, finding)}</b></span>'
            lines.append(f"<div><dt>{mark}</dt><dd>{escape(text)}.</dd></div>")
    lines.append(
        '<div><dt><span class="unexpected">! unexpected</span></dt><dd>not what this project expects of the claim on '
        "this version, and why it does is with the evidence.</dd></div>"
    )
    lines.append(
        "<div><dt>12 of 12</dt><dd>in 12 of 12 trials, of those that are evidence. A scenario that broke, because a "
        "machine or the host failed, is none.</dd></div>"
        "<div><dt>1 unknown</dt><dd>one more trial came to no verdict, and the evidence says why.</dd></div>"
        "<div><dt>Repeat it</dt><dd>commands are for a checkout of swarmdrill, after <code>make setup</code>; "
        "<code>--repeat=20</code> makes twenty trials.</dd></div>"
    )
    return f'<dl class="legend">{"".join(lines)}</dl>'
