"""The matrix of claims as JSON, for programs; its form is `claims.schema.json`, beside this file."""

import json
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from swarmdrill.report.claims import table
from swarmdrill.results.evidence import Counts, ScenarioEvidence, Sighting
from swarmdrill.results.matrix import Cell, CellFinding, ClaimRow, Matrix
from swarmdrill.results.records import StoredRun

SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("claims.schema.json")
STORED: TypeAdapter[table.Table] = TypeAdapter(table.Table)


def as_json(matrix: Matrix) -> str:
    """The matrix as a JSON text: the same runs give the same bytes."""
    document = {"schema": SCHEMA, **STORED.dump_python(as_table(matrix), mode="json", by_alias=True)}
    return json.dumps(document, indent=1, ensure_ascii=True) + "\n"


def as_table(matrix: Matrix) -> table.Table:
    """The matrix as it is published."""
    return table.Table(
        columns=tuple(table.ColumnEntry(column.engine, column.provider) for column in matrix.columns),
        summary=table.Summaries(claim=_summary(matrix.of_kind("claim")), trouble=_summary(matrix.of_kind("trouble"))),
        claims=tuple(_claim(row) for row in matrix.rows),
        runs=tuple(_run(found) for found in matrix.runs),
        strays=matrix.strays,
    )


def _summary(rows: tuple[ClaimRow, ...]) -> table.Summary:
    found = [row.finding for row in rows]
    numbers = {finding.value: found.count(finding) for finding in CellFinding}
    return table.Summary(**numbers, unexpected=sum(row.unexpected for row in rows))


def _claim(row: ClaimRow) -> table.ClaimEntry:
    claim = row.claim
    return table.ClaimEntry(
        id=claim.id,
        kind=claim.kind,
        text=claim.text,
        source=table.SourceEntry(claim.source, claim.url),
        because=claim.because,
        out_of_reach=claim.out_of_reach,
        finding=row.finding,
        unexpected=row.unexpected,
        cells=tuple(_cell(cell) for cell in row.cells),
    )


def _cell(cell: Cell) -> table.CellEntry:
    return table.CellEntry(
        engine=cell.column.engine,
        provider=cell.column.provider,
        finding=cell.finding,
        expected=cell.expected,
        unexpected=cell.unexpected,
        depends_on_scenario=cell.depends,
        reason=cell.reason,
        counts=_counts(cell.counts),
        held_share_95=_share(cell.interval),
        scenarios=tuple(_scenario(scenario) for scenario in cell.scenarios),
    )


def _scenario(scenario: ScenarioEvidence) -> table.Scenario:
    return table.Scenario(
        name=scenario.name,
        title=scenario.title,
        counts=_counts(scenario.counts),
        held_share_95=_share(scenario.counts.interval) if scenario.counts.seen else None,
        reason=scenario.reason,
        command=scenario.command,
        sightings=tuple(_sighting(sighting) for sighting in scenario.sightings),
        untold=scenario.untold,
    )


def _sighting(sighting: Sighting) -> table.SightingEntry:
    return table.SightingEntry(
        outcome=sighting.outcome,
        times=sighting.times,
        run=sighting.run.id,
        trial=sighting.trial,
        verdicts=tuple(table.ComparisonEntry(said.expected, said.observed) for said in sighting.comparisons),
    )


def _counts(counts: Counts) -> table.CountsEntry:
    return table.CountsEntry(**asdict(counts))


def _share(interval: tuple[float, float] | None) -> tuple[float, float] | None:
    return (round(interval[0], 4), round(interval[1], 4)) if interval else None


def _run(found: StoredRun) -> table.RunEntry:
    run = found.run
    return table.RunEntry(
        id=run.id,
        started=run.started,
        seconds=run.seconds,
        provider=run.provider,
        engine=run.engine,
        managers=run.managers,
        workers=run.workers,
        swarmdrill=run.swarmdrill,
        host=run.host,
        scenarios=len(found.scenarios),
    )
