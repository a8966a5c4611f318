"""The stored result of a session: what is written fits the published schema, is read again, and keeps no secret."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.events import Outcome
from swarmdrill.base.statistics import Trial
from swarmdrill.results.names import current_name
from swarmdrill.results.records import (
    SCHEMA_FILE,
    ClientRecord,
    HostRecord,
    RunRecord,
    ScenarioRecord,
    StoredRun,
    Verdict,
    new_id,
    overhead,
    read,
    write,
)
from swarmdrill.results.store import KEPT, longest_seconds

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
TOKEN = f"SWMTKN-1-{'a1' * 25}-{'b2c3d' * 5}"
RUN = RunRecord(
    id="20261124T083000Z-docker-26.1.5-0f0f0f",
    started="2026-11-24T08:30:00Z",
    seconds=1234.5,
    provider="docker",
    engine="26.1.5",
    managers=3,
    workers=0,
    parallel=6,
    repeat=20,
    host=HostRecord(system="Debian GNU/Linux 12", cores=2, memory_gib=23.5, kernel="6.1.0", engine=""),
    swarmdrill="0.1.0",
)
# What the first runs that were kept do not say.
ADDED = {"commit", "clean", "client", "versions", "nodes", "docker_host"}
SPEAKING = ScenarioRecord(
    name="scenarios/test_restore_some.py::test_some[leader]",
    title="Restore some: leader",
    trial=3,
    status="failed",
    reason="R1 refuted",
    seconds=60.0,
    waited=57.0,
    verdicts=(Verdict("R1", Outcome.REFUTED, "the newest state wins", "the old state"),),
    trial_outcome=Trial("old state", {"first candidate": "manager2 (old log)"}),
    lasted=66.0,
)
SILENT = ScenarioRecord("a.py::test_a", "A", None, "skipped", "no snapshots here", 0.0, 0.0, (), None)


def stored(*scenarios: ScenarioRecord, **run: Any) -> StoredRun:
    return StoredRun(replace(RUN, **run), scenarios)


def validator() -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_what_is_written_fits_the_schema_and_is_read_again(tmp_path: Path) -> None:
    run = stored(SPEAKING, SILENT)
    path = write(run, tmp_path / "results")
    assert path == tmp_path / "results" / f"{RUN.id}.json"
    assert [*path.parent.iterdir()] == [path]
    document = json.loads(path.read_text(encoding="utf-8"))
    validator().validate(document)
    assert document["scenarios"][0]["verdicts"][0]["outcome"] == "refuted"
    assert document["scenarios"][0]["trial_outcome"]["factors"] == {"first candidate": "manager2 (old log)"}
    assert document["scenarios"][1]["trial_outcome"] is None
    assert read(path) == run


def test_the_schema_has_every_field() -> None:
    for model in (RunRecord, HostRecord, ScenarioRecord, Verdict):
        assert SCHEMA["$defs"][model.__name__]["properties"].keys() == model.__dataclass_fields__.keys()
    assert SCHEMA["$defs"]["Outcome"]["enum"] == [*Outcome]


@pytest.mark.parametrize("path", sorted(KEPT.glob("*.json")), ids=lambda path: path.stem)
def test_every_run_that_is_kept_fits_the_schema_and_is_read_and_written_as_it_was_but_for_names(
    path: Path, tmp_path: Path
) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    validator().validate(document)
    again = json.loads(write(read(path), tmp_path).read_text(encoding="utf-8"))
    for scenario in document["scenarios"]:
        scenario["name"] = current_name(scenario["name"])
        scenario.setdefault("procedure", "")  # it was not kept at first
    assert {key for key in again["run"] if key not in document["run"]} <= ADDED
    again["run"] = {key: value for key, value in again["run"].items() if key in document["run"]}
    assert again == document


def test_there_are_runs_that_are_kept() -> None:
    assert len([*KEPT.glob("*.json")]) >= 13


@pytest.mark.parametrize(
    "spoil",
    [
        lambda document: document.update(schema=2),
        lambda document: document["run"].update(id="today"),
        lambda document: document["run"].update(started="24 November"),
        lambda document: document["run"].pop("host"),
        lambda document: document["scenarios"][0].update(status="green"),
        lambda document: document["scenarios"][0].update(trial=0),
        lambda document: document["scenarios"][0]["verdicts"][0].update(outcome="perhaps"),
        lambda document: document["scenarios"][0]["trial_outcome"].update(factors={"a": 1}),
    ],
)
def test_the_schema_refuses_what_is_wrong(tmp_path: Path, spoil: Callable[[Any], None]) -> None:
    document = json.loads(write(stored(SPEAKING), tmp_path).read_text(encoding="utf-8"))
    spoil(document)
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(document)


def test_no_secret_is_written_wherever_it_stands(tmp_path: Path) -> None:
    leaking = ScenarioRecord(
        name=TOKEN,
        title=TOKEN,
        trial=1,
        status="failed",
        reason=TOKEN,
        seconds=1,
        waited=1,
        verdicts=(Verdict("D1", Outcome.HELD, TOKEN, TOKEN),),
        trial_outcome=Trial(TOKEN, {TOKEN: TOKEN}),
    )
    text = write(stored(leaking), tmp_path).read_text(encoding="utf-8")
    assert "a1a1" not in text
    assert "b2c3d" not in text
    assert text.count("SWMTKN-[redacted]") == 8
    validator().validate(json.loads(text))


def test_text_that_is_not_unicode_is_written_as_every_reader_can_take_it(tmp_path: Path) -> None:
    seen = Trial("caf\udce9", {"caf\udce9": "caf\udce9"})
    record = replace(SPEAKING, reason="caf\udce9 → ü", trial_outcome=seen)
    path = write(stored(record), tmp_path)
    text = path.read_bytes().decode("utf-8")
    json.loads(text).__str__().encode("utf-8")
    (again,) = read(path).scenarios
    assert again.reason == "caf\\udce9 → ü"
    assert again.trial_outcome == Trial("caf\\udce9", {"caf\\udce9": "caf\\udce9"})


def test_what_decides_how_a_run_goes_is_kept(tmp_path: Path) -> None:
    known: dict[str, Any] = {
        "commit": "0123abc",
        "clean": False,
        "client": ClientRecord("/usr/bin/docker", "20.10.24"),
        "versions": {"python": "3.11.2", "vagrant": "2.3.4"},
        "nodes": {"26.1.5": f"sha256:{'0a' * 32}"},
    }
    path = write(stored(SILENT, **known), tmp_path)
    document = json.loads(path.read_text(encoding="utf-8"))
    validator().validate(document)
    assert document["run"]["client"] == {"path": "/usr/bin/docker", "version": "20.10.24"}
    assert read(path).run == replace(RUN, **known)


def test_half_a_surrogate_pair_that_an_older_version_wrote_is_read(tmp_path: Path) -> None:
    path = write(stored(replace(SILENT, reason="caf!")), tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace("caf!", "caf\\udce9"), encoding="utf-8")
    assert read(path).scenarios[0].reason == "caf\\udce9"


def test_a_later_run_removes_nothing(tmp_path: Path) -> None:
    ids = [new_id(datetime(2026, 11, 24, 8, 30, tzinfo=UTC), "docker", "26.1.5") for _ in range(2)]
    assert ids[0] != ids[1]
    for id_ in ids:
        write(stored(SILENT, id=id_), tmp_path)
    assert len([*tmp_path.iterdir()]) == 2


def test_the_id_is_of_universal_time() -> None:
    there = datetime(2026, 11, 24, 17, 30, tzinfo=timezone(timedelta(hours=9)))
    assert new_id(there, "libvirt", "20.10.5").startswith("20261124T083000Z-libvirt-20.10.5-")


def test_a_reader_ignores_what_it_does_not_know_and_does_without_what_was_added(tmp_path: Path) -> None:
    path = write(stored(SPEAKING), tmp_path)
    document = json.loads(path.read_text(encoding="utf-8"))
    document["run"]["weather"] = document["scenarios"][0]["weather"] = "fine"
    document["scenarios"][0]["verdicts"][0]["weather"] = "fine"
    del document["scenarios"][0]["lasted"]
    path.write_text(json.dumps(document), encoding="utf-8")
    assert read(path).scenarios == (replace(SPEAKING, lasted=SPEAKING.seconds),)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda document: document["run"].update(managers="three"), "run.managers: Input should be a valid integer"),
        (lambda document: document["run"].update(seconds=True), "run.seconds: Input should be a valid number"),
        (lambda document: document["run"].pop("engine"), "run.engine: Field required"),
        (lambda document: document["run"]["host"].update(cores=0), "run.host.cores: Input should be greater than"),
        (lambda document: document["scenarios"][1].update(status="green"), "scenarios.1.status: Input should be"),
        (
            lambda document: document["scenarios"][0]["verdicts"][0].update(outcome="perhaps"),
            "scenarios.0.verdicts.0.outcome: Input should be 'held', 'refuted', 'varied' or 'unknown', not 'perhaps'",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_file_and_field(
    tmp_path: Path, spoil: Callable[[Any], None], said: str
) -> None:
    path = write(stored(SPEAKING, SILENT), tmp_path)
    document = json.loads(path.read_text(encoding="utf-8"))
    spoil(document)
    path.write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(UsageProblem) as refused:
        read(path)
    assert str(refused.value).startswith(f"{path} is no stored run: {said}")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": 2}', '{"schema": 1, "run": {}, "scenarios": []}', '{"schema": 1, "run": []}']
)
def test_what_is_no_stored_run_is_refused_by_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(UsageProblem, match=r"odd\.json"):
        read(path)


def test_the_longest_time_that_a_scenario_took_counts(tmp_path: Path) -> None:
    def ran(stamp: str, seconds: float, provider: str = "docker", **changes: Any) -> None:
        record = replace(SPEAKING, name="a", seconds=seconds, **changes)
        write(stored(record, id=f"{stamp}Z-{provider}-26.1.5-000000"), tmp_path)

    assert longest_seconds([tmp_path / "absent"], "docker") == {}
    ran("20261124T080000", 70)
    ran("20261124T090000", 50)
    ran("20261124T100000", 500, status="broken")
    ran("20261124T110000", 200, provider="libvirt")
    (tmp_path / "20261124T120000Z-docker-26.1.5-000000.json").write_text("cut o")
    assert longest_seconds([tmp_path], "docker") == {"a": 70}
    assert longest_seconds([tmp_path], "libvirt") == {"a": 200}
    assert longest_seconds([tmp_path], "docker", newest=1) == {"a": 50}
    assert longest_seconds([tmp_path], "docker", newest=2) == {"a": 70}


def test_a_scenario_s_newest_times_count_however_often_others_ran_since(tmp_path: Path) -> None:
    def ran(hour: int, *times: tuple[str, float]) -> None:
        records = [replace(SPEAKING, name=name, seconds=seconds) for name, seconds in times]
        write(stored(*records, id=f"20261124T{hour:02}0000Z-docker-26.1.5-000000"), tmp_path)

    ran(1, ("a", 90), ("b", 70))
    for hour in range(2, 9):
        ran(hour, ("a", hour))
    assert longest_seconds([tmp_path], "docker") == {"a": 8, "b": 70}
    ran(9, *(("b", second) for second in (60, 1, 2, 3, 4, 5)))
    assert longest_seconds([tmp_path], "docker")["b"] == 5


def test_the_longest_of_several_directories(tmp_path: Path) -> None:
    for name, seconds in (("kept", 30), ("own", 20)):
        write(stored(replace(SPEAKING, name="a", seconds=seconds)), tmp_path / name)
    assert longest_seconds([tmp_path / "kept", tmp_path / "own"], "docker") == {"a": 30}


def test_the_overhead_is_what_is_not_docker_s() -> None:
    share, seconds = overhead([SPEAKING, replace(SPEAKING, seconds=40, waited=33), SILENT])
    assert (share, seconds) == (pytest.approx(0.1), 100)
    assert overhead([SILENT]) == (0, 0)
