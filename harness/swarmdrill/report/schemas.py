"""Write the published schemas anew, after a change of what is stored: `make schemas`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from swarmdrill.report.claims import json
from swarmdrill.results import records
from swarmdrill.results.schema import published, write


def schemas() -> Mapping[Path, dict[str, Any]]:
    """Each published schema, by the file that has it."""
    return {
        records.SCHEMA_FILE: published(
            records.STORED,
            records.SCHEMA,
            title="swarmdrill: the stored result of one session",
            description="One file per session, <reports-dir>/results/<id>.json. Secrets are redacted. "
            "Fields may be added; readers ignore those they do not know.",
        ),
        json.SCHEMA_FILE: published(
            json.STORED,
            json.SCHEMA,
            **{"$id": "urn:swarmdrill:claims:1"},
            title="The claims that swarmdrill checks, and what its stored runs say of them",
            description="Written by `swarmdrill claims` as claims.json. Members may be added; "
            "readers ignore those they do not know.",
        ),
    }


if __name__ == "__main__":
    write(schemas())
