"""The matrix of claims as Markdown: `docs/claims.md`."""

from swarmdrill.base.events import Outcome
from swarmdrill.report.claims import words
from swarmdrill.report.claims.escaping import GENERATED, code, link, plain, prose, table
from swarmdrill.report.claims.words import slug
from swarmdrill.results.evidence import ScenarioEvidence
from swarmdrill.results.matrix import Cell, ClaimRow, Matrix

_LEGEND = (
    "✓ held: every trial saw what the claim says. ✗ refuted: every trial saw something else. ~ varies: some did and "
    "some did not; of one scenario with the interval in which the share lies at 95 % confidence, of several each for "
    "itself. \N{EN DASH} not checked: no trial is evidence, and the claim's own section says why. **Unexpected** is "
    "what differs from the expectation in the [registry](../harness/swarmdrill/results/claims.toml). "
    "1 unknown: one more trial came to no verdict. A scenario that broke because a machine or the host failed is no "
    "evidence."
)


def as_markdown(matrix: Matrix) -> str:
    """The page: the same runs give the same bytes."""
    lines = ["# Which advice holds", "", GENERATED, "", *_summary(matrix), "", _LEGEND, ""]
    lines += [
        "What reproduces which known trouble is in [track-record.md](track-record.md). `make claims` makes the same "
        "as a page to search and filter, and as JSON.",
        "",
    ]
    for kind, heading in words.HEADINGS.items():
        if rows := matrix.of_kind(kind):
            lines += [f"## {heading}", "", *_matrix(matrix, rows), ""]
    lines += ["## Evidence", ""]
    for row in matrix.rows:
        lines += [*_section(matrix, row), ""]
    return "\n".join(lines[:-1]) + "\n"


def _summary(matrix: Matrix) -> list[str]:
    lines = []
    for kind, heading in words.HEADINGS.items():
        rows = matrix.of_kind(kind)
        lines.append(f"- **{heading}: {len(rows)}.** {words.sentence(rows, kind).capitalize() or 'None'}.")
    unexpected = [row for row in matrix.rows if row.unexpected]
    names = ", ".join(f"[{plain(row.claim.id)}](#{slug(row.claim.id)})" for row in unexpected)
    lines.append(f"- **Unexpected: {len(unexpected)}.**" + (f" {names}." if unexpected else ""))
    if matrix.runs:
        first, last = (plain(words.date(found.run)) for found in (matrix.runs[0], matrix.runs[-1]))
        when = first if first == last else f"{first} to {last}"
        lines.append(f"- **Runs: {len(matrix.runs)}**, {when}.")
    else:
        lines.append("- **Runs: none** is stored yet.")
    return lines


def _matrix(matrix: Matrix, rows: tuple[ClaimRow, ...]) -> list[str]:
    head = ["id", "statement", *(plain(words.column_name(column)) for column in matrix.columns)]
    return table(
        head,
        [
            [f"[{plain(row.claim.id)}](#{slug(row.claim.id)})", prose(row.claim.text)]
            + [_found(row, cell) for cell in row.cells]
            for row in rows
        ],
    )


def _found(row: ClaimRow, cell: Cell) -> str:
    """A cell in words: "~ varies, held in 7 of 12", and the interval; its sign leads to the evidence."""
    text = f"[{words.sign(row.claim.kind, cell.finding)}](#{slug(row.claim.id)})"
    if cell.counts.seen:
        text += f", {words.tally(row.claim.kind, cell.counts)}"
    elif reason := words.short_reason(cell):
        text += f" ({plain(reason)})"
    if spread := words.spread(cell):
        text += f" ({spread})"
    if unknown := words.unknown(cell.counts):
        text += f"; {unknown}"
    return text + (" **unexpected**" if cell.unexpected else "")


def _section(matrix: Matrix, row: ClaimRow) -> list[str]:
    claim = row.claim
    lines = [f'### <a id="{slug(claim.id)}"></a>{plain(claim.id)}', "", prose(claim.text), ""]
    because = f" {prose(claim.because)}" if claim.because else ""
    lines.append(
        f"Source: {link(claim.source, claim.url)}. Expected: {words.expectation(row, matrix.engines)}.{because}"
    )
    if claim.out_of_reach:
        lines += ["", f"Out of reach: {prose(claim.out_of_reach)}"]
    evidence = [(cell, scenario) for cell in row.cells for scenario in cell.scenarios if scenario.counts.seen]
    if evidence:
        rows = [_line(row, cell, scenario) for cell, scenario in evidence]
        lines += ["", *table(["on", "scenario", "found", "observed, newest first"], rows)]
        # The last column has the newest engine: one command per scenario is enough, and --engine says the rest.
        commands = {scenario.name: scenario.command for _, scenario in evidence}
        lines += ["", "Repeat it:", "", "```sh", *(" ".join(command.split()) for command in commands.values()), "```"]
    reasons: dict[str, list[str]] = {}
    for cell in row.cells:
        if cell.reason and not claim.out_of_reach:
            reasons.setdefault(cell.reason, []).append(words.column_name(cell.column))
    for reason, where in reasons.items():
        lines += ["", f"Not checked on {plain('; '.join(where))}: {prose(reason)}."]
    return lines


def _line(row: ClaimRow, cell: Cell, scenario: ScenarioEvidence) -> list[str]:
    kind = row.claim.kind
    seen = [
        f"{words.outcome_word(kind, sighting.outcome)}: "
        + plain("; ".join(pair.observed for pair in sighting.comparisons))
        + f" ({plain(words.date(sighting.run))})"
        for sighting in scenario.sightings
        if sighting.outcome is not Outcome.UNKNOWN
    ]
    # One of each outcome: the others are in the page and the JSON.
    newest = list({text.partition(":")[0]: text for text in reversed(seen)}.values())[::-1]
    name = f"{plain(scenario.title or scenario.name)}<br>{code(scenario.name)}"
    found = "; ".join(filter(None, [words.found(kind, scenario.counts), words.unknown(scenario.counts)]))
    return [plain(words.column_name(cell.column)), name, found, "<br>".join(newest)]
