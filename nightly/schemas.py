"""Write the schemas of what the project's own programs store anew: the last part of `make schemas`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nightly import record
from swarmdrill.results.schema import published, write


def schemas() -> Mapping[Path, dict[str, Any]]:
    """Each of them, by the file that has it."""
    return {
        record.SCHEMA_FILE: published(
            record.STORED,
            record.SCHEMA,
            title="swarmdrill: the stored record of one run of `make nightly`",
            description="One file per run, docs/nightly/<id>.json. Fields may be added; "
            "readers ignore those they do not know.",
        )
    }


if __name__ == "__main__":
    write(schemas())
