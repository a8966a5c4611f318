"""Whole sessions that drill, in a pytest of their own and without a cluster: trials, workers, what is kept and said."""

import re
import shutil
from pathlib import Path

import pytest

from pretended.drills import Session, collected, drill

EARLY = """
import os
import pytest
from swarmdrill.pytestplugin.markers import scenario

@pytest.fixture
def dies():
    os._exit(3)

@scenario(id="early", title="The worker dies in the set-up")
@pytest.mark.parametrize("when", ["now"])
def test_early(dies, when):
    pass
"""


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Session:
    return drill(tmp_path_factory.mktemp("once"))


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Session:
    """Three trials of the first two scenarios, on two workers."""
    directory = tmp_path_factory.mktemp("trials")
    page = directory / "page.md"
    return drill(directory, "-n2", "-k", "some", SWARMDRILL_REPEAT="3", GITHUB_STEP_SUMMARY=str(page))


def test_once_node_ids_are_what_they_were(tmp_path: Path) -> None:
    names = ["test_some[leader]", "test_some[follower]", "test_left_out", "test_broken", "test_dies"]
    assert collected(drill(tmp_path, "--collect-only", "-q")) == names


def test_trials_are_tests_whose_ids_end_in_their_number(tmp_path: Path) -> None:
    session = drill(tmp_path, "--collect-only", "-q", "--repeat=2", "-k", "leader or dies")
    expected = ["test_some[leader-trial1]", "test_some[leader-trial2]", "test_dies[trial1]", "test_dies[trial2]"]
    assert collected(session) == expected


def test_what_a_serial_session_stores(once: Session) -> None:
    assert once.status == 1, once.text
    (document,) = once.stored()
    run = document["run"]
    assert (run["parallel"], run["repeat"], run["provider"], run["managers"]) == (0, 1, "docker", 3)
    assert run["host"]["cores"] >= 1
    scenarios = once.scenarios()
    leader = scenarios["some[leader]", None]
    assert (leader["title"], leader["status"], leader["reason"]) == ("Restore some: leader", "passed", "")
    assert leader["name"] == "some[leader]"
    assert leader["claims"] == ["D5", "D6"]
    assert scenarios["some[follower]", None]["claims"] == ["D6"]
    assert leader["verdicts"] == [
        {
            "claim": "D6",
            "outcome": "held",
            "expected": "the newest state wins",
            "observed": "newest state SWMTKN-[redacted]",
        }
    ]
    assert leader["trial_outcome"] == {
        "outcome": "newest state",
        "factors": {"restored": "leader", "secret": "SWMTKN-[redacted]"},
    }
    skipped, broken = scenarios["left-out", None], scenarios["broken", None]
    assert (skipped["status"], skipped["reason"]) == ("skipped", "no snapshots here")
    assert (broken["status"], broken["reason"]) == ("broken", "no route to manager2 SWMTKN-[redacted]")
    assert broken["trial_outcome"] is None


def test_what_was_waited_is_of_the_scenario_alone_and_no_more_than_it_took(once: Session) -> None:
    leader = once.scenarios()["some[leader]", None]
    assert 0.2 <= leader["waited"] < leader["seconds"] - 0.09
    assert leader["seconds"] < leader["lasted"] - 0.04, "the set-up has a command too"
    assert re.search(r"^  harness overhead \d+ % of [01] s$", once.text, re.MULTILINE)


def test_no_secret_is_anywhere(once: Session) -> None:
    written = [path.read_text(errors="replace") for path in once.reports.rglob("*") if path.is_file()]
    assert [text for text in [once.text, *written] if "a1a1a1" in text] == []


def test_results_are_kept_from_run_to_run(once: Session, tmp_path: Path) -> None:
    shutil.copytree(once.reports, tmp_path / "reports")
    session = drill(tmp_path, "-k", "follower")
    assert [len(document["scenarios"]) for document in session.stored()] == [5, 1]
    assert "results: " in session.text


def test_collecting_stores_nothing(tmp_path: Path) -> None:
    assert not (drill(tmp_path, "--collect-only").reports / "results").exists()


def test_trials_are_spread_over_workers_and_told_apart(trials: Session) -> None:
    assert trials.status == 0, trials.text
    (document,) = trials.stored()
    assert (document["run"]["parallel"], document["run"]["repeat"]) == (2, 3)
    names = ["some[leader]", "some[follower]"]
    assert sorted(trials.scenarios()) == sorted((name, number) for name in names for number in (1, 2, 3))
    assert {each["title"] for each in trials.scenarios().values()} == {"Restore some: leader", "Restore some: follower"}
    assert trials.scenarios()["some[leader]", 2]["trial_outcome"]["outcome"] == "old state"
    told = [path.read_text() for path in trials.reports.glob("events-gw*.jsonl")]
    assert len(told) == 2
    assert all('"TrialObserved"' in text for text in told)


def test_trials_are_summed_up_in_one_block(trials: Session) -> None:
    summary = trials.text.split("swarmdrill\n")[-1]
    assert (
        len(re.findall(r"^  ✓ Restore some: (leader|follower) +3 trials, [\d.]+ s each$", summary, re.MULTILINE)) == 2
    )
    assert summary.count("newest state 2 of 3 (67 %, 21-94 %), old state 1 of 3 (33 %, 6-79 %)") == 2
    assert summary.count("restored: always") == 2
    assert summary.count("D6 held in 3 of 3: newest state SWMTKN-[redacted]") == 2
    page = (trials.reports.parent / "page.md").read_text()
    assert page.count("3 trials,") == 2


def test_trials_are_results_of_their_own_in_allure(trials: Session) -> None:
    results = trials.allure()
    assert len({result["historyId"] for result in results}) == len(results) == 6
    numbers = sorted(p["value"] for result in results for p in result["parameters"] if p["name"] == "trial")
    assert numbers == ["1", "1", "2", "2", "3", "3"]
    assert "Restore some: leader, trial 2" in {result["name"] for result in results}


def test_without_trials_allure_has_no_parameter_for_them(once: Session) -> None:
    assert not [p for result in once.allure() for p in result["parameters"] if p["name"] == "trial"]


def test_a_worker_that_dies_leaves_a_broken_trial(tmp_path: Path) -> None:
    session = drill(tmp_path, "-n1", "--repeat=2", "-k", "dies", "--max-worker-restart=1", DIE="1")
    assert session.status == 1, session.text
    first = session.scenarios()["dies", 1]
    assert first["status"] == "broken"
    assert re.search("crashed while running", first["reason"]), first
    assert first["title"] == "The worker dies"


def test_a_worker_that_dies_in_the_set_up_leaves_it_under_its_scenario_s_name(tmp_path: Path) -> None:
    """No report of it says who it was: the workers said so when they had collected."""
    (tmp_path / "test_early.py").write_text(EARLY)
    for how in ((), ("--dist=load",)):
        session = drill(tmp_path, "-n1", "-k", "early", "--max-worker-restart=0", "test_early.py", *how)
        assert [each["name"] for each in session.stored()[-1]["scenarios"]] == ["early[now]"], session.text


def test_a_bad_number_of_trials_is_refused_in_one_line(tmp_path: Path) -> None:
    for arguments in (["--repeat=0"], ["--repeat=0", "-nauto"]):
        session = drill(tmp_path, *arguments)
        assert session.status == pytest.ExitCode.USAGE_ERROR
        assert session.text.strip() == "ERROR: --repeat '0': 1 to 1000 times"
