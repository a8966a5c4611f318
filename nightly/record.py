"""The stored record of a night, `docs/nightly/ID.json`: every step, what it should come to and what it came to.

The file is written when the night begins, and again after each step. So a night that was cut off has one as well, and
says so. No file is ever deleted, whatever it says (`tests/programs/project/test_nightly_kept.py`).
"""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass

from swarmdrill.base.stored import OPEN, Text
from swarmdrill.results.records import HostRecord

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / "docs" / "nightly"
SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("nightly.schema.json")
Count = Annotated[int, Field(ge=0)]
Status = Literal["as expected", "red", "not possible", "not run"]


@dataclass(frozen=True, config=OPEN)
class Counts:
    """How many tests; one that ended in an error is among the failed."""

    passed: Count
    failed: Count
    skipped: Count

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


@dataclass(frozen=True, config=OPEN)
class StepResult:
    """What became of one step."""

    name: Text
    title: Text
    command: Text
    expected: Counts
    status: Annotated[
        Status,
        Field(description="red: failed, or came to other counts; not possible: this computer cannot; not run: cut off"),
    ] = "not run"
    reason: Annotated[Text, Field(description="why it is not as expected; empty where it is")] = ""
    found: Annotated[Counts | None, Field(description="null where it left no report")] = None
    seconds: Annotated[float, Field(ge=0)] = 0.0


@dataclass(frozen=True, config=OPEN)
class Night:
    """One run of `make nightly`."""

    id: Annotated[
        str,
        Field(description="UTC start and commit; also the file's name", pattern=r"^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{7,40}$"),
    ]
    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$")]
    host: HostRecord
    machines: Annotated[Text, Field(description="what runs virtual machines here, and how that is known")]
    steps: tuple[StepResult, ...] = ()

    @property
    def is_red(self) -> bool:
        """Whether a step was not as expected, or was never begun."""
        return any(each.status in ("red", "not run") for each in self.steps)

    @property
    def is_whole(self) -> bool:
        """Whether every step could be done here."""
        return all(each.status != "not possible" for each in self.steps)


STORED = TypeAdapter(Night)


def write(night: Night, directory: Path = KEPT) -> Path:
    """Write the night's file, anew where it is there; return its path."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{night.id}.json"
    stored = {"schema": SCHEMA, **STORED.dump_python(night, mode="json")}
    path.write_bytes(TypeAdapter(dict[str, object]).dump_json(stored, indent=2) + b"\n")
    return path


def read_all(directory: Path = KEPT) -> list[Night]:
    """Every night that is stored, the newest first. Raises ValidationError for a file that is none."""
    return [STORED.validate_json(path.read_bytes()) for path in sorted(directory.glob("*.json"), reverse=True)]
