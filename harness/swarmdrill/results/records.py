"""The stored result of one session: what ran where, how each scenario ended, and what it says of its claims.

The controller writes one file per session into `results` in the reports directory, and no later run removes it, so that
runs add up. Its format is published in `results.schema.json`; readers ignore fields that they do not know.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Any, Literal

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.events import Outcome
from swarmdrill.base.redaction import redact
from swarmdrill.base.statistics import Trial

SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("results.schema.json")
Status = Literal["passed", "failed", "broken", "skipped"]


@dataclass(frozen=True)
class Run:
    """One session. `started` is ISO 8601 in UTC, `seconds` from there to the end; `parallel` is 0 for a serial one.

    `host` has `system`, `cores`, `memory_gib`, `kernel`, and `engine`: the version of its own Docker Engine, or "".
    """

    id: str
    started: str
    seconds: float
    provider: str
    engine: str
    managers: int
    workers: int
    parallel: int
    repeat: int
    host: Mapping[str, str | int | float]
    swarmdrill: str


@dataclass(frozen=True)
class Verdict:
    """What a scenario says of one claim (`D6`), with what it expected and what it observed."""

    claim: str
    outcome: Outcome
    expected: str
    observed: str


@dataclass(frozen=True)
class ScenarioRecord:
    """How one scenario, or one trial of it, ended.

    `name` is its node id without the trial, `trial` its number where it is repeated. `claims` are those that its marker
    names, also where it never came to a verdict. `reason` is the first line of why
    it was skipped, failed or broke. `seconds` is the scenario itself, of which `waited` were spent in commands and
    waits (`swarmdrill.results.overhead`); `lasted` has set-up and tear-down in it, the boot of a lab and the reset.
    """

    name: str
    title: str
    trial: int | None
    status: Status
    reason: str
    seconds: float
    waited: float
    verdicts: tuple[Verdict, ...] = ()
    trial_outcome: Trial | None = None
    lasted: float = 0.0
    claims: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoredRun:
    """A session and its scenarios, in the order in which they ended."""

    run: Run
    scenarios: tuple[ScenarioRecord, ...]


def new_id(started: datetime, provider: str, engine: str) -> str:
    """An id of a run that sorts by time: `20261124T083000Z-docker-26.1.5-1f0a9c`."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{provider}-{engine}-{token_hex(3)}"


def write(stored: StoredRun, directory: Path) -> Path:
    """Write the run into a file of its own in `directory`, redacted, and return that. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{stored.run.id}.json"
    document = _redacted({"schema": SCHEMA, **asdict(stored)})
    text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    # Whoever reads the directory meanwhile sees all of the file or none.
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(text, encoding="utf-8", errors="backslashreplace")
    return unfinished.replace(path)


def read(path: Path) -> StoredRun:
    """The run in the file. Raises UsageProblem where it is none of schema 1."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["schema"] != SCHEMA:
            raise UsageProblem(f"{path}: schema {found['schema']!r}, this reads {SCHEMA}")
        run = Run(**_known(Run, found["run"]))
        return StoredRun(run, tuple(_scenario(entry) for entry in found["scenarios"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as problem:
        raise UsageProblem(f"{path} is no stored run: {problem!r}") from None


def overhead(scenarios: Sequence[ScenarioRecord]) -> tuple[float, float]:
    """The share of the scenarios' own time that this harness added, and that time in seconds; 0 of 0 for none."""
    seconds = sum(scenario.seconds for scenario in scenarios)
    waited = sum(scenario.waited for scenario in scenarios)
    return (1 - waited / seconds if seconds else 0.0), seconds


def _scenario(entry: Mapping[str, Any]) -> ScenarioRecord:
    known = _known(ScenarioRecord, entry)
    verdicts = tuple(
        Verdict(**{**_known(Verdict, found), "outcome": Outcome(found["outcome"])}) for found in entry["verdicts"]
    )
    seen = entry.get("trial_outcome")
    trial = Trial(seen["outcome"], dict(seen["factors"])) if seen is not None else None
    rest = {"verdicts": verdicts, "trial_outcome": trial, "claims": tuple(entry.get("claims", ()))}
    return ScenarioRecord(**{"lasted": entry["seconds"], **known, **rest})


def _known(kind: type[Any], entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key in kind.__dataclass_fields__}


def _redacted(value: Any) -> Any:
    """`value`, as JSON can hold it, without secrets in any text."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, Mapping):
        return {redact(key): _redacted(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(item) for item in value]
    return value
