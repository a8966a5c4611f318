"""What real allure-pytest runs leave in their results when the event stream is subscribed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from swarmdrill.base.events import StepFinished, StepStarted, StepStatus
from swarmdrill.base.messages import UNSAID, said
from swarmdrill.report.allure.subscriber import AllureReport

ROOT = Path(__file__).resolve().parents[4]
SESSION = ROOT / "tests" / "pretended" / "reported"
TOKEN = f"SWMTKN-1-{'a1' * 25}-{'b2c3d' * 5}"
UNLOCK_KEY = f"SWMKEY-1-{'Zx9' * 14}A"
PRIVATE_KEY = f"-----BEGIN EC PRIVATE KEY-----\n{'MHcCAQEE' * 8}\n-----END EC PRIVATE KEY-----"
SECRETS = ("a1a1a1", "b2c3db2c3d", "Zx9Zx9", "MHcCAQEE")


def run_pytest(directory: Path, *arguments: str) -> Path:
    shutil.copy(SESSION / "hooks.py", directory / "conftest.py")
    shutil.copy(SESSION / "scenarios.py", directory / "test_scenarios.py")
    (directory / "secrets").write_text("|".join((TOKEN, UNLOCK_KEY, PRIVATE_KEY)), encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "ALLURE_"))}
    results = directory / "results"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(directory), "-q"),
            *("-p", "no:cacheprovider", f"--alluredir={results}", str(directory / "test_scenarios.py")),
            *arguments,
        ],
        cwd=directory,
        env={**environ, "PYTHONPATH": str(ROOT / "harness")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "2 failed, 11 passed" in done.stdout, done.stdout + done.stderr
    return results


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_pytest(tmp_path_factory.mktemp("allure"))


def read(results: Path, pattern: str) -> list[dict[str, Any]]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(results.glob(pattern))]


def scenario(results: Path, name: str) -> dict[str, Any]:
    (found,) = [result for result in read(results, "*-result.json") if result["name"] == name]
    return found


def steps(item: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = item.get("steps", [])
    return found


def names(item: dict[str, Any]) -> list[str]:
    return [step["name"] for step in steps(item)]


def attachment(results: Path, item: dict[str, Any], at: int = 0) -> str:
    path: Path = results / item["attachments"][at]["source"]
    return path.read_text(encoding="utf-8")


def test_commands_of_parallel_threads_are_under_their_step(results: Path) -> None:
    (restore,) = steps(scenario(results, "test_tree"))
    (stop,) = steps(restore)
    assert (restore["name"], stop["name"]) == ("restore", "stop docker")
    assert sorted(names(stop)) == [f"manager{n} $ service docker stop" for n in (1, 2, 3)]
    assert {step["status"] for step in steps(stop)} == {"passed"}


def test_a_command_has_one_attachment_that_tells_everything(results: Path) -> None:
    command = steps(steps(steps(scenario(results, "test_tree"))[0])[0])[0]
    machine = command["name"].split()[0]
    assert len(command["attachments"]) == 1
    text = attachment(results, command)
    for part in (
        machine,
        "service docker stop",
        "why:         rest",
        "exit status: 0",
        "0.50 s",
        f"stopped {machine}",
    ):
        assert part in text


def test_times_are_those_of_the_events(results: Path) -> None:
    test = scenario(results, "test_tree")
    (restore,) = steps(test)
    (stop,) = steps(restore)
    assert test["start"] <= restore["start"] <= stop["start"] <= stop["stop"] <= restore["stop"] <= test["stop"]
    for command in steps(stop):
        assert command["stop"] - command["start"] == 500
        assert stop["start"] <= command["stop"] <= stop["stop"]


def test_observations_are_attachments_and_waits_are_left_out(results: Path) -> None:
    (restore,) = steps(scenario(results, "test_tree"))
    assert [item["name"] for item in restore["attachments"]] == ["manager1: docker service ls"]
    assert attachment(results, restore) == "web 3/3"


def test_verdicts_are_steps_with_a_status(results: Path) -> None:
    verdicts = steps(scenario(results, "test_verdicts"))
    assert [(step["name"].split(" — ")[0], step["status"]) for step in verdicts] == [
        ("D6, D7 held", "passed"),
        ("D6, D7 refuted", "failed"),
        ("D6, D7 varied", "failed"),
        ("D6, D7 unknown", "broken"),
    ]
    assert verdicts[0]["name"].endswith("expected: x; observed: y")


def test_a_trial_is_a_step_with_its_factors_and_a_tag_of_the_test(results: Path) -> None:
    test = scenario(results, "test_trial")
    (look,) = steps(test)
    assert names(look) == ["trial: old state", "trial: nothing more to say"]
    first, second = steps(look)
    assert attachment(results, first) == "first candidate: manager2\nterms: 2,2,4\n"
    assert "attachments" not in second
    tags = [label["value"] for label in test["labels"] if label["name"] == "tag"]
    assert tags == ["old state", "nothing more to say"]
    assert "parameters" not in test, "a parameter would make another test of each outcome"


def test_a_refuted_claim_is_failed_and_a_broken_lab_is_broken(results: Path) -> None:
    refuted, broken = scenario(results, "test_refuted"), scenario(results, "test_broken")
    for test, status in ((refuted, "failed"), (broken, "broken")):
        (phase,) = steps(test)
        (command,) = steps(phase)
        assert (test["status"], phase["status"], command["status"]) == (status,) * 3
    assert steps(refuted)[0]["statusDetails"]["message"] == "the stack is back"
    assert names(steps(refuted)[0]) == ["manager1 $ docker node ls (exit 1)"]
    assert names(steps(broken)[0]) == ["manager1 $ service docker stop (no exit status)"]


def test_an_exit_status_that_the_step_accepted_is_named_but_not_red(results: Path) -> None:
    (command,) = steps(steps(scenario(results, "test_accepted_exit_status"))[0])
    assert (command["name"], command["status"]) == (
        "manager1 $ docker service inspect web (exit 1)",
        "passed",
    )


def test_answers_that_repeat_become_one_step(results: Path) -> None:
    (wait,) = steps(scenario(results, "test_wait"))
    of_manager1 = [name for name in names(wait) if name.startswith("manager1")]
    assert of_manager1 == [
        "manager1 $ docker info",
        "manager1 $ docker node ls (exit 1, 5 times)",
        "manager1 $ docker node ls",
        "manager1 $ docker info",
    ]
    assert len(steps(wait)) == 6


def test_text_that_is_odd_is_shown_readably(results: Path) -> None:
    test = scenario(results, "test_odd_text")
    first, long = steps(test)
    assert first["name"] == "manager1 $ first ⏎ second"
    assert r"caf\udce9" in attachment(results, first)
    assert len(long["name"]) < 140
    assert long["name"].endswith("… (exit 3)")
    assert "x" * 500 in attachment(results, long)


def test_a_command_of_a_thread_without_a_step_belongs_to_the_test(results: Path) -> None:
    first, second = "test_outside_of_steps", "test_outside_of_steps_in_the_same_thread"
    assert names(scenario(results, first)) == ["manager1 $ journalctl"]
    assert names(scenario(results, second)) == ["manager1 $ dmesg"]


def test_a_thread_that_outlives_its_step_still_reports_there(results: Path) -> None:
    (around,) = steps(scenario(results, "test_thread_that_outlives_its_step"))
    (inner,) = steps(around)
    assert names(inner) == ["manager1 $ late"]


def test_a_session_fixture_shows_as_set_up_and_tear_down_of_every_test(results: Path) -> None:
    (lab,) = [
        container
        for container in read(results, "*-container.json")
        if any(fixture["name"] == "lab" for fixture in container.get("befores", []))
    ]
    (before,), (after,) = lab["befores"], lab["afters"]
    assert len(lab["children"]) == 13
    assert (names(before), names(after)) == (["boot"], ["destroy"])
    assert (after["name"], after["status"]) == ("lab", "passed")
    assert len(steps(steps(before)[0])) == 3


def test_fixtures_in_which_nothing_happened_are_left_out(results: Path) -> None:
    fixtures = [
        fixture["name"]
        for container in read(results, "*-container.json")
        for fixture in container.get("befores", []) + container.get("afters", [])
    ]
    assert fixtures == ["lab", "lab"]


def test_what_happens_outside_of_every_test_is_left_out_without_harm(results: Path) -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in results.glob("*.json"))
    assert "before every test" not in written
    assert "after every test" not in written


def leaks(results: Path, test: dict[str, Any]) -> list[str]:
    """The secrets in one test's result and in the attachments that it names."""
    text = json.dumps(test)
    for path in results.glob("*-attachment.txt"):
        if path.name in text:
            text += path.read_text(encoding="utf-8")
    return [secret for secret in SECRETS if secret in text]


def test_no_secret_is_in_the_results(results: Path) -> None:
    test = scenario(results, "test_secrets")
    assert "[redacted]" in json.dumps(test)
    assert "[redacted]" in attachment(results, steps(steps(test)[0])[0])
    assert leaks(results, test) == []


def test_the_check_for_secrets_sees_those_that_were_not_redacted(results: Path) -> None:
    assert leaks(results, scenario(results, "test_not_redacted")) == list(SECRETS)


def test_workers_of_xdist_report_too(tmp_path: Path) -> None:
    pytest.importorskip("xdist")
    results = run_pytest(tmp_path, "-n", "2")
    (restore,) = steps(scenario(results, "test_tree"))
    assert len(steps(steps(restore)[0])) == 3
    assert len(read(results, "*-result.json")) == 13
    booted = [
        container
        for container in read(results, "*-container.json")
        if any(fixture["name"] == "lab" for fixture in container.get("befores", []))
    ]
    assert len(booted) == 2


def test_without_alluredir_nothing_is_written_and_nothing_breaks(tmp_path: Path) -> None:
    class Plugins:
        def getplugin(self, _name: str) -> None:
            return None

        def register(self, _plugin: object, _name: str) -> None:
            """Whoever marks interrupted tests listens, without anything to hear."""

    class Config:
        pluginmanager = Plugins()

        def add_cleanup(self, cleanup: Any) -> None:
            self.cleanup = cleanup

    config = Config()
    report = AllureReport(config)  # type: ignore[arg-type]
    report(StepStarted(at=0, step=0, id=1, title=said("a"), phase=True))
    report(
        StepFinished(at=1, step=0, id=1, title=said("a"), phase=True, status=StepStatus.OK, duration=1, error=UNSAID)
    )
    config.cleanup()
    assert not list(tmp_path.iterdir())
