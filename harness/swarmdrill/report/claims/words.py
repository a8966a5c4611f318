"""How the claims reports put things: a sign and a word for each finding, tallies, expectations, machines."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from swarmdrill.base.events import Outcome
from swarmdrill.results.evidence import Counts
from swarmdrill.results.matrix import Cell, CellFinding, ClaimRow, Column
from swarmdrill.results.records import RunRecord

HEADINGS = {"claim": "Claims", "trouble": "Known troubles"}
MACHINES = {"docker": "containers", "libvirt": "libvirt VMs", "virtualbox": "VirtualBox VMs"}


@dataclass(frozen=True)
class FindingSign:
    """What stands for a finding; the word says it alone, the symbol has a shape of its own."""

    symbol: str
    word: str

    def __str__(self) -> str:
        return f"{self.symbol} {self.word}"


# A trouble that is there again is no success: it gets words of its own instead of a tick.
_SIGNS = {
    "claim": {
        CellFinding.HELD: FindingSign("✓", "held"),
        CellFinding.REFUTED: FindingSign("✗", "refuted"),
        CellFinding.VARIED: FindingSign("~", "varies"),
        CellFinding.NOT_CHECKED: FindingSign("\N{EN DASH}", "not checked"),
    },
    "trouble": {
        CellFinding.HELD: FindingSign("●", "reproduced"),
        CellFinding.REFUTED: FindingSign("○", "not reproduced"),
        CellFinding.VARIED: FindingSign("◐", "sometimes"),
        CellFinding.NOT_CHECKED: FindingSign("\N{EN DASH}", "not checked"),
    },
}


def sign(kind: str, finding: CellFinding) -> FindingSign:
    """The sign of a finding about a claim ("claim") or a known trouble ("trouble")."""
    return _SIGNS[kind][finding]


def outcome_word(kind: str, outcome: Outcome) -> str:
    """The word for what one trial said."""
    return "unknown" if outcome is Outcome.UNKNOWN else sign(kind, CellFinding(outcome.value)).word


def tally(kind: str, counts: Counts) -> str:
    """How often, in a few words: "12 of 12", or where it varies "held in 7 of 12"."""
    if counts.unanimous or not counts.seen:
        held = counts.refuted if kind == "claim" and counts.refuted else counts.held
        return f"{held} of {counts.seen}"
    return f"{'held' if kind == 'claim' else 'seen'} in {counts.held} of {counts.seen}"


def interval(share: tuple[float, float]) -> str:
    """Where a share of trials lies, at 95 % confidence: "95 %:", from and to, which no line breaks."""
    low, high = (round(100 * end) for end in share)
    return f"95\N{NO-BREAK SPACE}%:\N{NO-BREAK SPACE}{low}\N{EN DASH}{high}\N{NO-BREAK SPACE}%"


def spread(cell: Cell) -> str:
    """Why a cell has two faces: chance, with the interval of the share, or what the scenarios do."""
    if cell.finding is not CellFinding.VARIED:
        return ""
    return interval(cell.interval) if cell.interval else "by scenario"


def found(kind: str, counts: Counts) -> str:
    """What trials of one scenario found: "held, 12 of 12", or "varies, held in 7 of 12" and the interval."""
    if counts.unanimous:
        finding = CellFinding.HELD if counts.held else CellFinding.REFUTED
        return f"{sign(kind, finding).word}, {tally(kind, counts)}"
    return f"{sign(kind, CellFinding.VARIED).word}, {tally(kind, counts)} ({interval(counts.interval)})"


def unknown(counts: Counts) -> str:
    """How many trials came to no verdict beside those that did: "1 unknown", or nothing."""
    return f"{counts.unknown} unknown" if counts.seen and counts.unknown else ""


def short_reason(cell: Cell) -> str:
    """Why a cell is not checked, in two or three words, or nothing where there is nothing special about it."""
    return cell.reason.partition(":")[0] if ":" in cell.reason else ""


def machines(provider: str) -> str:
    """What a provider's machines are, in a word or two."""
    return MACHINES.get(provider, provider)


def column_name(column: Column) -> str:
    """An engine version and its machines: "26.1.5, containers"."""
    return f"{column.engine}, {machines(column.provider)}"


def expectation(row: ClaimRow, engines: Iterable[str]) -> str:
    """What the registry expects, by engine version only where versions differ: "held; refuted on 28.5.2"."""
    by_engine = {engine: row.claim.expected_outcome(engine) for engine in engines}
    usual = row.claim.expected
    parts = [_expected(row, usual)]
    for outcome in dict.fromkeys(by_engine.values()):
        if outcome != usual:
            where = ", ".join(engine for engine, expected in by_engine.items() if expected == outcome)
            parts.append(f"{_expected(row, outcome)} on {where}")
    return "; ".join(parts)


def _expected(row: ClaimRow, outcome: Outcome | None) -> str:
    return outcome_word(row.claim.kind, outcome) if outcome else "nothing"


def date(run: RunRecord) -> str:
    """The day of a run, in UTC."""
    return run.started[:10]


def shape(run: RunRecord) -> str:
    """How many machines of which role: "3 managers, 1 worker"."""
    return amount(run.managers, "manager") + (f", {amount(run.workers, 'worker')}" if run.workers else "")


def managers(run: RunRecord) -> str:
    """The same for a narrow column: "3", or "3+1" with workers."""
    return f"{run.managers}+{run.workers}" if run.workers else str(run.managers)


def host(run: RunRecord) -> str:
    """The machine that a run was on, as far as it is known."""
    host = run.host
    parts = (host.system, f"{host.cores} cores", f"{host.memory_gib:g} GiB", host.kernel and f"kernel {host.kernel}")
    return ", ".join(part for part in (*parts, host.engine and f"Docker {host.engine}") if part)


def sentence(rows: tuple[ClaimRow, ...], kind: str) -> str:
    """How many rows there are of each finding: "22 held, 5 refuted, 3 vary"."""
    numbers = [row.finding for row in rows]
    parts = []
    for finding in CellFinding:
        if number := numbers.count(finding):
            word = sign(kind, finding).word
            parts.append(f"{number} {'vary' if word == 'varies' and number > 1 else word}")
    return ", ".join(parts)


def amount(number: int, noun: str) -> str:
    """A number of things: "1 trial", "2 trials"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def slug(*parts: str) -> str:
    """An anchor: `moby#24132` becomes `moby-24132`."""
    return "-".join(re.sub(r"[^A-Za-z0-9.]+", "-", part).strip("-") for part in parts)
