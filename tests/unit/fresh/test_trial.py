"""The trial: red whenever a step is not what it should be, and a step that was not tried is no good news."""

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from fresh import __main__ as command, trial
from fresh.clients import Configuration
from fresh.machine import ROOT, USER, Account
from fresh.steps import PHASES, Step
from fresh.trial import Result

SETUP = Step(ROOT, "make setup", "setup")
DRILL = Step(ROOT, "make drill", "drill")
REFUSED = Step(USER, "make setup, until it asks", "refuse", refusal="join the group", engine=True)


class PretendedMachine:
    """Answers each script with a status and what it says; `did` is everything that was asked of it."""

    def __init__(self, answers: Mapping[str, tuple[int | None, str]]) -> None:
        self.answers = answers
        self.did: list[str] = []

    def give_repository(self, account: Account, archive: bytes) -> None:
        self.did.append(f"clone for {account.name}")

    def start_engine(self) -> None:
        self.did.append("engine")

    def run(self, account: Account, script: str, log: Path, *, timeout: float, directory: str) -> int | None:
        self.did.append(script)
        status, said = self.answers.get(script, (0, "done\n"))
        with log.open("a", encoding="utf-8") as file:
            file.write(said)
        return status


class Stage:
    """Machines that answer alike, and what became of a trial on them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, logs: Path) -> None:
        self.answers: dict[str, tuple[int | None, str]] = {}
        self.machines: dict[Account, PretendedMachine] = {}
        self.removed = False
        self._logs = logs
        monkeypatch.setattr(trial, "machines", self._machines)

    @contextmanager
    def _machines(
        self, image: str, configuration: Configuration, accounts: list[Account]
    ) -> Iterator[dict[Account, PretendedMachine]]:
        self.machines = {account: PretendedMachine(self.answers) for account in accounts}
        try:
            yield self.machines
        finally:
            self.removed = True

    def carry_out(self, *phases: Mapping[Account, tuple[Step, ...]]) -> list[Result]:
        return trial.carry_out(phases, "image:1", Configuration(), b"", self._logs)


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    return Stage(monkeypatch, tmp_path / "logs")


def test_steps_go_one_after_another_and_say_their_last_line(stage: Stage) -> None:
    stage.answers["setup"] = (0, "working\nset up\n")
    results = stage.carry_out({ROOT: (SETUP, DRILL)})
    assert [(each.step.title, each.problem, each.said) for each in results] == [
        ("make setup", "", "set up"),
        ("make drill", "", "done"),
    ]
    assert stage.machines[ROOT].did == ["clone for root", "setup", "drill"]
    assert stage.removed


def test_after_a_failure_nothing_more_is_tried_on_that_machine_and_all_on_the_other(stage: Stage) -> None:
    stage.answers["setup"] = (2, "no apt\n")
    other = Step(USER, "make drill", "other drill")
    results = stage.carry_out({ROOT: (SETUP,), USER: (other,)}, {ROOT: (DRILL,), USER: (other,)})
    assert [(each.step.account.name, each.tried, bool(each.problem)) for each in results] == [
        ("root", True, True),
        ("user", True, False),
        ("root", False, True),
        ("user", True, False),
    ]
    assert results[0].problem == "exit status 2\n    no apt"
    assert results[2].problem == "not tried, since `make setup` failed"


def test_a_step_without_an_end_is_a_failure(stage: Stage) -> None:
    stage.answers["setup"] = (None, "waiting\n")
    (result,) = stage.carry_out({ROOT: (SETUP,)})
    assert result.problem == "no end after 600 s\n    waiting"


@pytest.mark.parametrize(
    ("status", "said", "good"),
    [(2, "join the group\n", True), (0, "join the group\n", False), (2, "no network\n", False), (None, "", False)],
)
def test_a_refusal_is_good_only_if_it_stops_and_says_why(stage: Stage, status: int, said: str, good: bool) -> None:
    stage.answers["refuse"] = (status, said)
    (result,) = stage.carry_out({USER: (REFUSED,)})
    assert (not result.problem) is good
    assert ("engine" in stage.machines[USER].did) is good


def test_only_what_the_step_itself_said_counts(stage: Stage) -> None:
    """The log holds the steps before it too."""
    stage.answers["setup"] = (0, "join the group\n")
    stage.answers["refuse"] = (2, "no network\n")
    before = Step(USER, "make setup", "setup")
    assert [bool(each.problem) for each in stage.carry_out({USER: (before, REFUSED)})] == [False, True]


def test_machines_go_when_the_trial_is_interrupted(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> list[Result]:
        raise KeyboardInterrupt

    monkeypatch.setattr(trial, "_go", interrupted)
    with pytest.raises(KeyboardInterrupt):
        stage.carry_out({ROOT: (SETUP,)})
    assert stage.removed


def test_every_step_is_a_test_case_of_the_ci_run(tmp_path: Path) -> None:
    log = tmp_path / "root.log"
    results = [
        Result(SETUP, "", "set up", 65.04, log),
        Result(DRILL, "exit status 2\n    no machine", "no machine", 3.0, log),
        Result(DRILL, "not tried, since `make drill` failed", "", 0.0, log, tried=False),
    ]
    command.write_junit(results, tmp_path / "junit" / "fresh.xml")
    cases = list(ET.parse(tmp_path / "junit" / "fresh.xml").iter("testcase"))
    assert [(case.get("classname"), case.get("name"), [child.tag for child in case]) for case in cases] == [
        ("fresh.root", "make setup", []),
        ("fresh.root", "make drill", ["failure"]),
        ("fresh.root", "make drill", ["skipped"]),
    ]


def test_what_the_readme_promises_is_tried_as_root_and_as_a_user() -> None:
    scripts = {
        account: [step.script for phase in PHASES for step in phase.get(account, ())] for account in (ROOT, USER)
    }
    for words in ("make setup", "make lint types unit programs", 'make drill N=0 ARGS="-k full_flow"', "make clean"):
        assert any(words in script for script in scripts[ROOT]), words
    for words in ("make setup", 'make drill N=0 ARGS="-k full_flow"', "make clean"):
        assert any(words in script for script in scripts[USER]), words
