"""The matrix of claims as JSON, for programs; its form is `claims.schema.json`, beside this file."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from swarmdrill.results.evidence import Counts, ScenarioEvidence, Sighting
from swarmdrill.results.matrix import Cell, Finding, Matrix, Row
from swarmdrill.results.records import StoredRun

SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("claims.schema.json")


def as_json(matrix: Matrix) -> str:
    """The matrix as a JSON text: the same runs give the same bytes."""
    return json.dumps(as_table(matrix), indent=1, ensure_ascii=True) + "\n"


def as_table(matrix: Matrix) -> dict[str, Any]:
    """The matrix as plain values."""
    return {
        "schema": SCHEMA,
        "columns": [{"engine": column.engine, "provider": column.provider} for column in matrix.columns],
        "summary": {kind: _summary(matrix.of_kind(kind)) for kind in ("claim", "trouble")},
        "claims": [_row(row) for row in matrix.rows],
        "runs": [_run(found) for found in matrix.runs],
        "strays": list(matrix.strays),
    }


def _summary(rows: tuple[Row, ...]) -> dict[str, int]:
    found = [row.finding for row in rows]
    return {finding.value: found.count(finding) for finding in Finding} | {
        "unexpected": sum(row.unexpected for row in rows)
    }


def _row(row: Row) -> dict[str, Any]:
    claim = row.claim
    return {
        "id": claim.id,
        "kind": claim.kind,
        "text": claim.text,
        "source": {"title": claim.source, "url": claim.url},
        "because": claim.because,
        "out_of_reach": claim.out_of_reach,
        "finding": row.finding.value,
        "unexpected": row.unexpected,
        "cells": [_cell(cell) for cell in row.cells],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    return {
        "engine": cell.column.engine,
        "provider": cell.column.provider,
        "finding": cell.finding.value,
        "expected": cell.expected.value if cell.expected else None,
        "unexpected": cell.unexpected,
        "depends_on_scenario": cell.depends,
        "reason": cell.reason,
        "counts": _counts(cell.counts),
        "held_share_95": _share(cell.interval),
        "scenarios": [_scenario(scenario) for scenario in cell.scenarios],
    }


def _scenario(scenario: ScenarioEvidence) -> dict[str, Any]:
    return {
        "name": scenario.name,
        "title": scenario.title,
        "counts": _counts(scenario.counts),
        "held_share_95": _share(scenario.counts.interval) if scenario.counts.seen else None,
        "reason": scenario.reason,
        "command": scenario.command,
        "sightings": [_sighting(sighting) for sighting in scenario.sightings],
        "untold": scenario.untold,
    }


def _sighting(sighting: Sighting) -> dict[str, Any]:
    return {
        "outcome": sighting.outcome.value,
        "times": sighting.times,
        "run": sighting.run.id,
        "trial": sighting.trial,
        "verdicts": [{"expected": said.expected, "observed": said.observed} for said in sighting.comparisons],
    }


def _counts(counts: Counts) -> dict[str, int]:
    return asdict(counts)


def _share(interval: tuple[float, float] | None) -> list[float] | None:
    return [round(end, 4) for end in interval] if interval else None


def _run(found: StoredRun) -> dict[str, Any]:
    run = found.run
    return {
        "id": run.id,
        "started": run.started,
        "seconds": run.seconds,
        "provider": run.provider,
        "engine": run.engine,
        "managers": run.managers,
        "workers": run.workers,
        "swarmdrill": run.swarmdrill,
        "host": asdict(run.host),
        "scenarios": len(found.scenarios),
    }
