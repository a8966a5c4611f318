"""The claims against the engine versions and providers they were checked on, from stored runs."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from swarmdrill.base.events import Outcome
from swarmdrill.base.settings import PROCEDURES, PROVIDERS
from swarmdrill.results.claims import Claim
from swarmdrill.results.evidence import Counts, ScenarioEvidence, gather, verdict_on
from swarmdrill.results.records import RunRecord, ScenarioRecord, StoredRun

Records = Sequence[tuple[RunRecord, ScenarioRecord]]


class CellFinding(StrEnum):
    """What all trials together say of a claim."""

    HELD = "held"
    REFUTED = "refuted"
    VARIED = "varied"
    NOT_CHECKED = "not checked"


@dataclass(frozen=True)
class Column:
    """What claims were checked on: one engine version on one provider's machines."""

    engine: str
    provider: str

    @property
    def order(self) -> tuple[object, ...]:
        """Older versions first; of one version, containers before virtual machines."""
        known = PROVIDERS.index(self.provider) if self.provider in PROVIDERS else len(PROVIDERS)
        return version_order(self.engine), known, self.provider


def version_order(version: str) -> tuple[tuple[int, int, str], ...]:
    """Orders versions as people do: 20.10.5 before 20.10.24, and 28.0.0-rc1 after 28.0.0, which is near enough."""
    parts = re.findall(r"\d+|[^\d.]+", version, re.ASCII)
    return tuple((1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts)


@dataclass(frozen=True)
class Cell:
    """One claim in one column. `expected` is the registry's, None where it expects nothing.

    `reason` says why it is not checked, empty where it is.
    """

    column: Column
    scenarios: tuple[ScenarioEvidence, ...]
    expected: Outcome | None
    reason: str

    @property
    def counts(self) -> Counts:
        """All scenarios' trials together."""
        return sum((scenario.counts for scenario in self.scenarios), Counts())

    @property
    def finding(self) -> CellFinding:
        counts = self.counts
        if not counts.seen:
            return CellFinding.NOT_CHECKED
        if not counts.unanimous:
            return CellFinding.VARIED
        return CellFinding.HELD if counts.held else CellFinding.REFUTED

    @property
    def depends(self) -> bool:
        """Whether it varies only between scenarios, and each of them always says the same.

        That is no chance: there is no share of trials to estimate, only circumstances to tell apart.
        """
        seen = [scenario.counts for scenario in self.scenarios if scenario.counts.seen]
        return self.finding is CellFinding.VARIED and all(counts.unanimous for counts in seen)

    @property
    def interval(self) -> tuple[float, float] | None:
        """Where the share of trials in which the claim holds lies, at 95 %, as far as there is one.

        None where several scenarios are evidence: they are different experiments and have no share in common.
        """
        seen = [scenario.counts for scenario in self.scenarios if scenario.counts.seen]
        return seen[0].interval if len(seen) == 1 else None

    @property
    def unexpected(self) -> bool:
        """Whether it contradicts what the registry expects.

        A claim that is expected to be refuted may hold in some scenarios, if others refute it every time. One that is
        expected to vary may show one face only in the few trials there are.
        """
        match self.expected:
            case Outcome.HELD:
                return self.finding in (CellFinding.REFUTED, CellFinding.VARIED)
            case Outcome.REFUTED:
                return self.finding is CellFinding.HELD or (self.finding is CellFinding.VARIED and not self.depends)
            case _:
                return False


@dataclass(frozen=True)
class ClaimRow:
    """One claim and its cells, in the order of the columns."""

    claim: Claim
    cells: tuple[Cell, ...]

    @property
    def finding(self) -> CellFinding:
        """What all columns together say; what differs between versions varies."""
        found = {cell.finding for cell in self.cells} - {CellFinding.NOT_CHECKED}
        if not found:
            return CellFinding.NOT_CHECKED
        return found.pop() if len(found) == 1 else CellFinding.VARIED

    @property
    def unexpected(self) -> bool:
        return any(cell.unexpected for cell in self.cells)


@dataclass(frozen=True)
class Matrix:
    """All claims of the registry, in its order but those proper before known troubles; and the runs, oldest first.

    `strays` are ids that stored verdicts name and the registry does not have.
    """

    columns: tuple[Column, ...]
    rows: tuple[ClaimRow, ...]
    runs: tuple[StoredRun, ...]
    strays: tuple[str, ...]

    def of_kind(self, kind: str) -> tuple[ClaimRow, ...]:
        """The rows of claims ("claim") or of known troubles ("trouble")."""
        return tuple(row for row in self.rows if row.claim.kind == kind)

    @property
    def engines(self) -> tuple[str, ...]:
        """The engine versions, oldest first."""
        return tuple(dict.fromkeys(column.engine for column in self.columns))


def build(claims: Iterable[Claim], stored: Iterable[StoredRun], procedure: str = PROCEDURES[0]) -> Matrix:
    """Set the runs' verdicts against the claims. A run that is stored twice counts once: its id says so.

    What was drilled with another `procedure` is another experiment, and is left out.
    """
    unique = {found.run.id: _drilled_with(procedure, found) for found in stored}
    runs = tuple(
        sorted((found for found in unique.values() if found), key=lambda found: (found.run.started, found.run.id))
    )
    registry = sorted(claims, key=lambda claim: claim.kind != "claim")
    by_column: Mapping[Column, list[tuple[RunRecord, ScenarioRecord]]] = defaultdict(list)
    for found in runs:
        for record in found.scenarios:
            by_column[Column(found.run.engine, found.run.provider)].append((found.run, record))
    checks = _checks(record for found in runs for record in found.scenarios)
    columns = tuple(sorted(by_column, key=lambda column: column.order))
    rows = tuple(
        ClaimRow(
            claim, tuple(_cell(claim, column, by_column[column], checks.get(claim.id, set())) for column in columns)
        )
        for claim in registry
    )
    known = {claim.id for claim in registry}
    return Matrix(columns, rows, runs, tuple(sorted(id_ for id_ in checks if id_ not in known)))


def _drilled_with(procedure: str, found: StoredRun) -> StoredRun | None:
    """The run without the scenarios that were given another procedure; None where it has no others."""
    kept = tuple(record for record in found.scenarios if record.procedure in ("", procedure))
    return StoredRun(found.run, kept) if kept or not found.scenarios else None


def _checks(records: Iterable[ScenarioRecord]) -> Mapping[str, set[str]]:
    """By claim the scenarios that check it: those that said something of it, and those whose markers name it.

    A scenario that passed without a word about a claim was through without checking it, whatever its marker says.
    """
    judged: Mapping[str, set[str]] = defaultdict(set)
    marked: Mapping[str, set[str]] = defaultdict(set)
    passed: set[tuple[str, str]] = set()
    for record in records:
        for verdict in record.verdicts:
            judged[verdict.claim].add(record.name)
        for claim in record.claims:
            marked[claim].add(record.name)
            if record.status == "passed":
                passed.add((claim, record.name))
    return {
        claim: judged[claim] | {name for name in marked[claim] if (claim, name) not in passed}
        for claim in {*judged, *marked}
    }


def _cell(claim: Claim, column: Column, records: Records, names: set[str]) -> Cell:
    """`names` are the scenarios that check the claim in any column. Those that break, are skipped, or fail before
    they come to it here say nothing, and are why it is not checked."""
    by_name: Mapping[str, list[tuple[RunRecord, ScenarioRecord]]] = defaultdict(list)
    for run, record in records:
        if record.name in names:
            silent = record.status in ("broken", "skipped")
            if silent or verdict_on(claim.id, record) is not None:
                by_name[record.name].append((run, record))
    scenarios = tuple(gather(claim.id, by_name[name]) for name in sorted(by_name))
    cell = Cell(column, scenarios, claim.expected_outcome(column.engine), "")
    if cell.counts.seen:
        return cell
    return Cell(column, scenarios, cell.expected, _why_not(claim, cell))


def _why_not(claim: Claim, cell: Cell) -> str:
    """Why a claim is not checked in this column."""
    counts = cell.counts
    said = next((scenario.reason for scenario in cell.scenarios if scenario.reason), "")
    if counts.broken or counts.unknown:
        tried = counts.broken + counts.unknown
        return f"tried {tried} {'time' if tried == 1 else 'times'} without a result" + (f": {said}" if said else "")
    if counts.skipped:
        return f"scenario skipped: {said}" if said else "scenario skipped"
    if claim.out_of_reach:
        return f"out of reach: {claim.out_of_reach}"
    return "no scenario that checks it was run here"
