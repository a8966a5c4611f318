"""The claims as JSON keep to the published schema."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from pretended.stored_runs import a_claim, hostile_matrix, sample_matrix
from swarmdrill.report.claims.json import SCHEMA_FILE, as_json
from swarmdrill.results.matrix import build

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))


def faults(table: Any) -> list[str]:
    return [fault.json_path for fault in Draft202012Validator(SCHEMA).iter_errors(table)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("matrix", [sample_matrix(), hostile_matrix(), build([], []), build([a_claim()], [])])
def test_what_is_written_keeps_to_it(matrix: Any) -> None:
    assert faults(json.loads(as_json(matrix))) == []


def test_the_schema_describes_every_member() -> None:
    """One that is forgotten in the schema would be checked by nothing."""
    strict = json.loads(json.dumps(SCHEMA))
    for part in (strict, *strict["$defs"].values()):
        for node in objects(part):
            if "properties" in node:
                assert set(node["required"]) == set(node["properties"])
                node["additionalProperties"] = False
    table = json.loads(as_json(sample_matrix()))
    assert list(Draft202012Validator(strict).iter_errors(table)) == []


def objects(part: Any) -> list[dict[str, Any]]:
    """The part and everything in it that describes an object."""
    if isinstance(part, list):
        return [found for item in part for found in objects(item)]
    if not isinstance(part, dict):
        return []
    found = [part] if part.get("type") == "object" else []
    return found + [inner for value in part.values() for inner in objects(value)]


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        (("schema",), 2),
        (("claims", 0, "finding"), "perhaps"),
        (("claims", 0, "cells", 0, "held_share_95"), [0.5]),
        (("claims", 0, "cells", 0, "counts", "held"), -1),
        (("claims", 0, "cells", 0, "scenarios", 0, "sightings", 0, "outcome"), "broken"),
        (("runs", 0, "started"), None),
    ],
)
def test_the_schema_sees_what_is_wrong(where: tuple[str | int, ...], wrong: Any) -> None:
    table = json.loads(as_json(sample_matrix()))
    part = table
    for step in where[:-1]:
        part = part[step]
    assert part[where[-1]] != wrong
    part[where[-1]] = wrong
    assert faults(table) != []


def test_it_says_what_was_found() -> None:
    table = json.loads(as_json(sample_matrix()))
    assert table["summary"]["claim"] == {"held": 2, "refuted": 1, "varied": 1, "not checked": 0, "unexpected": 1}
    d3 = table["claims"][2]["cells"][0]
    assert (d3["finding"], d3["counts"]["held"], d3["counts"]["refuted"]) == ("varied", 1, 1)
    assert d3["held_share_95"] == [0.0945, 0.9055]


def test_the_same_runs_give_the_same_bytes() -> None:
    assert as_json(sample_matrix(backwards=True)) == as_json(sample_matrix())
