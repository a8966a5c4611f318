"""The transcript: both files tell the same story, at once, completely, and without secrets."""

import dataclasses
import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from swarmdrill.base import events as base_events, trace
from swarmdrill.base.errors import ClaimRefuted
from swarmdrill.base.events import CommandFinished, Outcome
from swarmdrill.base.messages import UNSAID, from_record, quoted, said
from swarmdrill.report import transcript as module
from swarmdrill.report.transcript import Transcript

TOKEN = f"SWMTKN-1-{'a1' * 25}-{'b2c3d' * 5}"
UNLOCK_KEY = f"SWMKEY-1-{'Zx9' * 14}A"
PRIVATE_KEY = f"-----BEGIN EC PRIVATE KEY-----\n{'MHcCAQEE' * 8}\n-----END EC PRIVATE KEY-----"
SECRETS = ("a1a1a1", "b2c3db2c3d", "Zx9Zx9", "MHcCAQEE")
# 2024-01-02 12:03:11 UTC
NOON = 1_704_196_991.0


@pytest.fixture
def transcript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Transcript]:
    monkeypatch.setattr(trace, "TRACE", trace.Trace())
    transcript = Transcript(tmp_path / "reports")
    trace.TRACE.subscribe(transcript)
    yield transcript
    transcript.close()


def events(transcript: Transcript) -> list[dict[str, Any]]:
    return [json.loads(line) for line in transcript.events_path.read_text(encoding="utf-8").splitlines()]


def lines(transcript: Transcript) -> list[str]:
    """The text without its first line, and without times."""
    told = transcript.text_path.read_text(encoding="utf-8").splitlines()[1:]
    return [line[9:] for line in told]


def command(**changes: Any) -> CommandFinished:
    fields = {
        "at": NOON + 0.93,
        "step": 0,
        "machine": "manager2",
        "command": "service docker stop",
        "exit_status": 0,
        "stdout": "",
        "stderr": "",
        "duration": 0.93,
        "why": UNSAID,
    }
    return CommandFinished(**{**fields, **changes})


def test_every_event_is_a_line_with_the_documented_fields(transcript: Transcript) -> None:
    with suppress(ClaimRefuted), trace.phase("restore"):
        trace.command_finished("m", "c", exit_status=None, stdout="o", stderr="e", duration=1.5, why=said("w"))
        trace.observe(said("seen"), "text", machine="m")
        trace.waiting(said("a leader"), said("none"), 2.5)
        trace.verdict(("D6", "D7"), expected=said("x"), observed=said("y"), outcome=Outcome.REFUTED)
        trace.trial(said("old state"), {said("first candidate"): "manager2"})
        raise ClaimRefuted(said("gone"))
    by_type = {event["event"]: event for event in events(transcript)}
    id_ = by_type["StepStarted"]["id"]
    common = {"event", "at", "step", "key", "args"}
    assert {name: set(event) - common for name, event in by_type.items()} == {
        "StepStarted": {"id", "title", "phase"},
        "StepFinished": {"id", "title", "phase", "status", "duration", "error"},
        "CommandFinished": {"machine", "command", "exit_status", "stdout", "stderr", "duration", "why"},
        "Observation": {"machine", "title", "text"},
        "Waiting": {"what", "why", "elapsed", "pause"},
        "VerdictGiven": {"claims", "expected", "observed", "outcome"},
        "TrialObserved": {"outcome", "factors"},
    }
    assert by_type["StepStarted"]["step"] == 0
    assert by_type["CommandFinished"]["step"] == id_
    assert by_type["CommandFinished"]["exit_status"] is None
    assert by_type["StepFinished"]["status"] == "failed"
    assert by_type["StepFinished"]["error"] == "gone"
    assert by_type["VerdictGiven"]["claims"] == ["D6", "D7"]
    assert by_type["VerdictGiven"]["outcome"] == "refuted"
    assert by_type["TrialObserved"]["outcome"] == "old state"
    assert by_type["TrialObserved"]["factors"] == {"first candidate": "manager2"}


def test_the_documentation_names_every_event_and_every_field() -> None:
    documented = module.__doc__ or ""
    for event in base_events.Event.__subclasses__():
        assert event.__name__ in documented
        for field in dataclasses.fields(event):
            assert field.name in documented, f"{event.__name__}.{field.name}"


def test_a_command_reads_like_a_shell(transcript: Transcript) -> None:
    transcript(command(stdout="Stopping\nDocker\n", stderr="slow\n"))
    told = transcript.text_path.read_text(encoding="utf-8").splitlines()[1:]
    assert told == [
        "12:03:11 manager2 $ service docker stop   (0.93 s, exit 0)",
        "             Stopping",
        "             Docker",
        "             stderr: slow",
    ]


def test_a_trial_is_told_with_what_may_have_decided_it(transcript: Transcript) -> None:
    trace.trial(said("old state"), {said("first candidate"): "manager2 (old log)", said("terms at start"): "2,2,4"})
    trace.trial(said("newest state"))
    assert lines(transcript) == [
        "trial: old state",
        "    first candidate: manager2 (old log)",
        "    terms at start: 2,2,4",
        "trial: newest state",
    ]


def test_the_time_of_a_command_is_when_it_began(transcript: Transcript) -> None:
    transcript(command(at=NOON + 60, duration=60))
    assert "\n12:03:11 manager2 $" in transcript.text_path.read_text(encoding="utf-8")


def test_every_event_can_be_said_again_from_key_and_arguments(transcript: Transcript) -> None:
    with suppress(ClaimRefuted), trace.phase("restore {machines}", machines=["manager1", "manager2"]):
        trace.command_finished(
            "m", "c", exit_status=0, stdout="", stderr="", duration=1, why=said("join as {role}", role="worker")
        )
        trace.command_finished("m", "c", exit_status=0, stdout="", stderr="", duration=1)
        trace.waiting(said("{machine} leads", machine="manager1"), said("no leader"), 2.5)
        trace.verdict(("D6",), expected=said("x"), observed=said("{n} of 3", n=2), outcome=Outcome.REFUTED)
        raise ClaimRefuted(said("{claim} refuted", claim="D6"))
    assert [(from_record(event), event["key"]) for event in events(transcript)] == [
        ("restore manager1 and manager2", "restore {machines}"),
        ("join as worker", "join as {role}"),
        ("m runs c", "{machine} runs {command}"),
        ("waiting for manager1 leads: no leader, 2 s", "waiting for {what}: {why}, {elapsed:.0f} s"),
        ("expected: x; observed: 2 of 3", "expected: {expected}; observed: {observed}"),
        ("restore manager1 and manager2: D6 refuted", "{title}: {error}"),
    ]
    assert events(transcript)[3]["args"] == {
        "what": {"key": "{machine} leads", "args": {"machine": "manager1"}},
        "why": {"key": "no leader", "args": {}},
        "elapsed": 2.5,
    }


def test_exit_status_why_and_further_lines_are_told(transcript: Transcript) -> None:
    transcript(command(command="set -e\nsync", exit_status=None, why=said("a copy at rest")))
    assert lines(transcript) == ["manager2 $ set -e   (0.93 s, no exit status, a copy at rest)", "  > sync"]


def test_steps_indent_what_happens_in_them(transcript: Transcript) -> None:
    with trace.phase("restore"):
        with trace.step("stop docker"):
            trace.command_finished("m", "c", exit_status=0, stdout="o", stderr="", duration=1)
        trace.observe(said("seen"), "text", machine="m")
    starts = [line.split("   (")[0] for line in lines(transcript)]
    assert starts == [
        "▸ restore",
        "  ▸ stop docker",
        "    m $ c",
        "        o",
        "  ✓ stop docker",
        "  m: seen",
        "      text",
        "✓ restore",
    ]


def test_a_wait_is_told_when_its_reason_changes_and_kept_each_time(transcript: Transcript) -> None:
    for why in ("no leader", "no leader", "no leader", "two leaders", "no leader"):
        trace.waiting(said("a leader"), quoted(why), 1)
    assert len(lines(transcript)) == 3
    assert len(events(transcript)) == 5


def test_each_process_has_its_own_files_that_exist_before_the_end(tmp_path: Path) -> None:
    first, second = Transcript(tmp_path, worker="gw0"), Transcript(tmp_path, worker="gw1")
    first(command(machine="manager1"))
    second(command(machine="manager2"))
    assert "manager1" in (tmp_path / "events-gw0.jsonl").read_text(encoding="utf-8")
    assert "manager2" in (tmp_path / "transcript-gw1.txt").read_text(encoding="utf-8")
    assert "manager2" not in (tmp_path / "transcript-gw0.txt").read_text(encoding="utf-8")
    first.close()
    second.close()


def test_output_that_is_no_utf_8_is_kept_as_escapes(transcript: Transcript) -> None:
    transcript(command(stdout=b"caf\xe9".decode("utf-8", errors="surrogateescape")))
    (event,) = events(transcript)
    assert event["stdout"] == "caf\udce9"
    assert lines(transcript)[1].strip() == r"caf\udce9"


def test_no_secret_is_written(transcript: Transcript) -> None:
    for secret in (TOKEN, UNLOCK_KEY, PRIVATE_KEY):
        with suppress(ClaimRefuted), trace.step("join with {secret}", secret=secret):
            trace.command_finished("m", f"join {secret}", exit_status=1, stdout=secret, stderr=secret, duration=1)
            trace.observe(quoted(secret), secret)
            trace.waiting(said("a join"), quoted(secret), 1)
            trace.verdict(("D1",), expected=quoted(secret), observed=quoted(secret), outcome=Outcome.UNKNOWN)
            raise ClaimRefuted(quoted(secret))
    for path in (transcript.events_path, transcript.text_path):
        written = path.read_text(encoding="utf-8")
        assert written.count("[redacted]") > 20
        assert not [secret for secret in SECRETS if secret in written]
    assert len(events(transcript)) == 18


def test_the_check_for_secrets_sees_those_that_were_not_redacted(transcript: Transcript) -> None:
    transcript(command(stdout="\n".join((TOKEN, UNLOCK_KEY, PRIVATE_KEY))))
    for path in (transcript.events_path, transcript.text_path):
        written = path.read_text(encoding="utf-8")
        assert [secret for secret in SECRETS if secret in written] == list(SECRETS)


def test_it_goes_on_where_a_file_was_redacted_meanwhile(tmp_path: Path) -> None:
    transcript = Transcript(tmp_path)
    transcript.events_path.write_text("{}\n", encoding="utf-8")
    transcript(base_events.Observation(at=0, step=0, machine="", title=said("after"), text=""))
    transcript.close()
    first, second = transcript.events_path.read_bytes().splitlines()
    assert first == b"{}"
    assert second.startswith(b'{"event": "Observation"')
