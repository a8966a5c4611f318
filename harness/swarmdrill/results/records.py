"""The stored result of one session: what ran where, how each scenario ended, and what it says of its claims.

The controller writes one file per session into `results` in the reports directory, and no later run removes it, so that
runs add up. Its format is published in `results.schema.json`, which is generated from the models here (`make schemas`);
readers ignore fields that they do not know.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.events import Outcome
from swarmdrill.base.messages import said
from swarmdrill.base.statistics import Trial
from swarmdrill.base.stored import OPEN, Text, problem, writable
from swarmdrill.results.names import current_name

SCHEMA = 1
SCHEMA_FILE = Path(__file__).with_name("results.schema.json")
ScenarioStatus = Literal["passed", "failed", "broken", "skipped"]
Seconds = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Positive = Annotated[int, Field(ge=1)]


@dataclass(frozen=True, config=OPEN)
class HostRecord:
    """The computer that carried the machines."""

    system: Annotated[Text, Field(description="name and version of the distribution")]
    cores: Positive
    memory_gib: Annotated[float, Field(ge=0)]
    kernel: Text
    engine: Annotated[Text, Field(description="version of the host's own Docker Engine; empty where none answers")]


@dataclass(frozen=True, config=OPEN)
class ClientRecord:
    """The docker client that every call was made with."""

    path: Annotated[Text, Field(description="where it is on the host: the one that set-up took")]
    version: Text


@dataclass(frozen=True, config=OPEN)
class RunRecord:
    """One session. What is not required is not in the first results that were kept."""

    id: Annotated[
        str,
        Field(
            description="UTC start, provider, engine version and six random hexadecimal digits; also the file's name",
            pattern=r"^[0-9]{8}T[0-9]{6}Z-.+-[0-9a-f]{6}$",
        ),
    ]
    started: Annotated[
        str,
        Field(
            description="UTC",
            pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$",
            json_schema_extra={"format": "date-time"},
        ),
    ]
    seconds: Annotated[Seconds, Field(description="from the start until the last scenario had ended")]
    provider: Annotated[Text, Field(description="what the machines are: docker, libvirt, virtualbox, or a user's own")]
    engine: Annotated[Text, Field(description="version of the Docker Engine on the machines")]
    managers: Positive
    workers: Count
    parallel: Annotated[Count, Field(description="clusters side by side; 0: a serial session")]
    repeat: Annotated[int, Field(description="how often each scenario was to run", ge=1, le=1000)]
    host: HostRecord
    swarmdrill: Annotated[Text, Field(description="this project's version")]
    commit: Annotated[Text, Field(description="the harness's commit; empty where it is not known")] = ""
    clean: Annotated[
        bool | None, Field(description="whether nothing in the checkout differed from the commit; null: not known")
    ] = None
    client: ClientRecord | None = None
    docker_host: Annotated[
        Text,
        Field(description="address of the host's Docker Engine, without names of users and of other computers"),
    ] = ""
    versions: Annotated[
        Mapping[Text, Text],
        Field(description="of what decides how a run goes, by name: python, its packages, vagrant, the hypervisor"),
    ] = field(default_factory=dict)
    nodes: Annotated[
        Mapping[Text, Text],
        Field(description="what machines could be made from, by engine version: the digest of the image or of the box"),
    ] = field(default_factory=dict)


@dataclass(frozen=True, config=OPEN)
class Verdict:
    """What a scenario says of one claim, with what it expected and what it observed."""

    claim: Annotated[Text, Field(description="its id, in results/claims.toml or in the user's own file")]
    outcome: Outcome
    expected: Text
    observed: Text


@dataclass(frozen=True, config=OPEN)
class ScenarioRecord:
    """How one scenario, or one trial of it, ended."""

    name: Annotated[Text, Field(description="the scenario's id and case: restore-one[leader]")]
    title: Text
    trial: Annotated[Positive | None, Field(description="its number where the scenario was repeated")]
    status: Annotated[
        ScenarioStatus, Field(description="broken: the lab or the harness failed, so nothing is said about Docker")
    ]
    reason: Annotated[
        Text, Field(description="first line of why it was skipped, failed or broke; empty when it passed")
    ]
    seconds: Annotated[Seconds, Field(description="the scenario itself, without set-up and tear-down")]
    waited: Annotated[
        Seconds,
        Field(
            description="how many of these seconds commands ran on machines, or a wait paused: "
            "Docker's own time, not the harness's (`swarmdrill.results.overhead`)"
        ),
    ]
    verdicts: tuple[Verdict, ...]
    trial_outcome: Annotated[
        Trial | None,
        Field(description="what a scenario whose outcome may vary says it saw; null where it says nothing"),
    ]
    lasted: Annotated[
        Seconds, Field(description="the scenario with set-up and tear-down: the boot of a lab, the reset")
    ] = 0.0
    claims: Annotated[
        tuple[Text, ...], Field(description="the claims that it names, also where it came to no verdict")
    ] = ()
    procedure: Annotated[
        Text,
        Field(description="the procedure that --procedure gave it; empty where it asks for none, or has its own"),
    ] = ""


@dataclass(frozen=True, config=OPEN)
class StoredRun:
    """A session and its scenarios."""

    run: RunRecord
    scenarios: Annotated[
        tuple[ScenarioRecord, ...], Field(description="in the order in which they ended; one entry per trial")
    ]


STORED: TypeAdapter[StoredRun] = TypeAdapter(StoredRun)


def new_id(started: datetime, provider: str, engine: str) -> str:
    """An id of a run that sorts by time: `20261124T083000Z-docker-26.1.5-1f0a9c`."""
    return f"{started.astimezone(UTC):%Y%m%dT%H%M%SZ}-{provider}-{engine}-{token_hex(3)}"


def write(stored: StoredRun, directory: Path) -> Path:
    """Write the run into a file of its own in `directory`, redacted, and return that. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{stored.run.id}.json"
    document = writable({"schema": SCHEMA, **STORED.dump_python(stored)})
    # Whoever reads the directory meanwhile sees all of the file or none.
    unfinished = path.with_suffix(".tmp")
    unfinished.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return unfinished.replace(path)


def read(path: Path) -> StoredRun:
    """The run in the file. Raises UsageProblem, in one line with file and field, where it is none of schema 1."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found["schema"] != SCHEMA:
            raise UsageProblem(
                said(
                    "{path}: schema {found}, this reads {schema}", path=path, found=repr(found["schema"]), schema=SCHEMA
                )
            )
        for entry in found["scenarios"]:
            entry["name"] = current_name(entry["name"])
            # The first that were kept say nothing of set-up and tear-down.
            entry.setdefault("lasted", entry["seconds"])
        # As JSON again: there a list is a tuple's form, which strict models do not take from Python.
        return STORED.validate_json(json.dumps(writable(found)))
    except ValidationError as wrong:
        raise UsageProblem(said("{path} is no stored run: {problem}", path=path, problem=problem(wrong))) from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise UsageProblem(said("{path} is no stored run: {wrong}", path=path, wrong=repr(wrong))) from None


def overhead(scenarios: Sequence[ScenarioRecord]) -> tuple[float, float]:
    """The share of the scenarios' own time that this harness added, and that time in seconds; 0 of 0 for none."""
    seconds = sum(scenario.seconds for scenario in scenarios)
    waited = sum(scenario.waited for scenario in scenarios)
    return (1 - waited / seconds if seconds else 0.0), seconds
