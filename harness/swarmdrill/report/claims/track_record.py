"""The track record: which known troubles the drills reproduce, which shows that they see; `docs/track-record.md`."""

from swarmdrill.report.claims import words
from swarmdrill.report.claims.escaping import GENERATED, code, link, plain, prose, table
from swarmdrill.results.evidence import ScenarioEvidence
from swarmdrill.results.matrix import Cell, CellFinding, ClaimRow, Matrix

INTRODUCTION = (
    "Troubles with Swarm backup and restore that public threads report, and whether the drills see them. A drill that "
    "reproduces a trouble where it is known to be shows that it would see it elsewhere. k of n: in k of n trials. All "
    "observations are in [claims.md](claims.md)."
)


def as_markdown(matrix: Matrix) -> str:
    """The page: the same runs give the same bytes."""
    rows = [[_trouble(row), _seen(row), _command(row)] for row in matrix.of_kind("trouble")]
    lines = ["# Track record", "", GENERATED, "", INTRODUCTION, ""]
    lines += table(["known trouble", "seen", "command that reproduces it"], rows) if rows else ["There are none yet."]
    return "\n".join(lines) + "\n"


def _trouble(row: ClaimRow) -> str:
    return f"{link(row.claim.id, row.claim.url)} {prose(row.claim.text)}"


def _seen(row: ClaimRow) -> str:
    """Where it was seen, then where not, then why it could not be looked for."""
    seen = [f"{_where(cell)} ({_share(cell)})" for cell in row.cells if cell.counts.held]
    tried = [f"{_where(cell)} ({words.amount(cell.counts.seen, 'trial')})" for cell in row.cells if _in_vain(cell)]
    parts = []
    if seen:
        parts.append(f"**reproduced** on {'; '.join(seen)}")
    if tried:
        parts.append(f"**not reproduced** on {'; '.join(tried)}")
    if row.finding is CellFinding.NOT_CHECKED:
        reasons = dict.fromkeys(cell.reason for cell in row.cells)
        out = row.claim.out_of_reach
        why = (
            f"**out of reach**: {prose(out)}" if out else f"**not tried**: {plain('; '.join(reasons)) or 'no run yet'}"
        )
        parts.append(why)
    return "<br>".join(parts)


def _in_vain(cell: Cell) -> bool:
    return cell.counts.seen > 0 and cell.counts.held == 0


def _where(cell: Cell) -> str:
    return plain(words.column_name(cell.column))


def _share(cell: Cell) -> str:
    return f"{cell.counts.held} of {cell.counts.seen}"


def _command(row: ClaimRow) -> str:
    """The newest engine where it was seen, else where it was looked for; the scenario that sees it most often."""
    found: list[ScenarioEvidence] = []
    for cell in reversed(row.cells):
        found += sorted(
            (scenario for scenario in cell.scenarios if scenario.counts.seen),
            key=lambda scenario: -scenario.counts.held / scenario.counts.seen,
        )
    best = next((scenario for scenario in found if scenario.counts.held), next(iter(found), None))
    return code(best.command) if best else "\N{EN DASH}"
