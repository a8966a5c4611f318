"""The summary at the end of a run, for a terminal and for a CI page."""

from pathlib import Path
from typing import Any

from swarmdrill.base.events import Outcome
from swarmdrill.base.statistics import Trial
from swarmdrill.report.summary import as_markdown, as_text, line
from swarmdrill.results.records import ScenarioRecord, ScenarioStatus, Verdict

REPORT = Path("reports/html/index.html")


def record(
    name: str, title: str, status: ScenarioStatus, lasted: float, *said: tuple[str, Outcome, str], **given: Any
) -> Any:
    """A record of which nothing is Docker's time, unless that is given."""
    usual: dict[str, Any] = {"trial": None, "reason": "", "seconds": 0.0, "waited": 0.0, "trial_outcome": None}
    verdicts = tuple(Verdict(claim, outcome, "expected", observed) for claim, outcome, observed in said)
    return ScenarioRecord(name, title, status=status, verdicts=verdicts, lasted=lasted, **{**usual, **given})


ALL_BACK = record(
    *("scenarios/test_restore.py::test_all", "All managers restored", "passed", 48.23),
    ("D5", Outcome.HELD, "the stack is back\non every manager"),
)
ONE_BACK = record(
    *("scenarios/test_restore.py::test_one", "One manager restored", "failed", 100.0),
    ("D6", Outcome.REFUTED, "the old state won"),
    ("D7", Outcome.UNKNOWN, "manager3 | did <not> answer"),
)
CUT_OFF = record("scenarios/test_restore.py::test_cut", "", "broken", 3.0)
LEFT_OUT = record("test_left_out", "Left out", "skipped", 0.0)
NEWEST = Trial("newest state", {"first candidate": "manager1"})
OLD = Trial("old state", {"first candidate": "manager2"})


def trials(newest: int, old: int, **given: Any) -> list[ScenarioRecord]:
    """Trials of one scenario: so many saw the newest state, so many the old one."""
    seen = [(NEWEST, Outcome.HELD)] * newest + [(OLD, Outcome.REFUTED)] * old
    return [
        record(
            *("test_some", "Restore two of three", "passed", 61.2),
            ("R1", outcome, f"every manager shows the {trial.outcome}"),
            ("R2", Outcome.HELD, "another leader shows the same"),
            trial=number,
            trial_outcome=trial,
            **given,
        )
        for number, (trial, outcome) in enumerate(seen, 1)
    ]


def test_text() -> None:
    assert as_text([ALL_BACK, ONE_BACK, CUT_OFF, LEFT_OUT], REPORT) == (
        "swarmdrill\n"
        "  ✓ All managers restored                  48.2 s\n"
        "      D5 held: the stack is back on every manager\n"
        "  ✗ One manager restored                  100.0 s\n"
        "      D6 refuted: the old state won\n"
        "      D7 unknown: manager3 | did <not> answer\n"
        "  ! scenarios/test_restore.py::test_cut     3.0 s  broken\n"
        "  - Left out                                0.0 s  skipped\n"
        "  1 passed, 1 failed, 1 broken, 1 skipped in 151.2 s\n"
        "  report: reports/html/index.html\n"
        "  open it in any browser: one file, no server, no network\n"
    )


def test_text_says_why_there_is_no_report() -> None:
    text = as_text([ALL_BACK], "Node is missing: install it")
    assert text.endswith("  1 passed in 48.2 s\n  no HTML report: Node is missing: install it\n")


def test_text_without_anything() -> None:
    assert as_text([], None) == "swarmdrill\n  no scenario ran\n"


def test_what_one_run_saw_is_said_with_what_may_have_decided_it() -> None:
    one = record("a", "A", "passed", 1.0, trial_outcome=Trial("old state", {"leader": "manager2", "terms": "2,2,4"}))
    assert "\n      saw old state (leader: manager2; terms: 2,2,4)\n" in as_text([one], None)
    assert "| saw old state (leader: manager2; terms: 2,2,4) |" in as_markdown([one], None)


def test_trials_are_one_scenario_with_a_distribution() -> None:
    assert as_text([ALL_BACK, *trials(13, 7)], None) == (
        "swarmdrill\n"
        "  ✓ All managers restored    48.2 s\n"
        "      D5 held: the stack is back on every manager\n"
        "  ✓ Restore two of three   20 trials, 61.2 s each\n"
        "      newest state 13 of 20 (65 %, 43-82 %), old state 7 of 20 (35 %, 18-57 %)\n"
        "      first candidate  newest state  old state\n"
        "        manager1                 13          0\n"
        "        manager2                  0          7\n"
        "      R1 varies: held 13 of 20, refuted 7 of 20\n"
        "      R2 held in 20 of 20: another leader shows the same\n"
        "  21 passed in 1272.2 s\n"
    )


def test_trials_that_did_not_all_pass_are_counted() -> None:
    some = trials(2, 0)
    broken = record(
        *("test_some", "Restore two of three", "broken", 10.0),
        ("R1", Outcome.REFUTED, "before the lab broke"),
        trial=3,
        trial_outcome=OLD,
    )
    skipped = record("test_some", "Restore two of three", "skipped", 0.0, trial=4)
    text = as_text([broken, *some, skipped], None)
    assert "  ! Restore two of three  4 trials, 44.1 s each: 2 passed, 1 broken, 1 skipped\n" in text
    assert "newest state 2 of 2" in text, "a trial that broke says nothing"
    assert "R1 held in 2 of 2: every manager shows the newest state" in text


def test_a_claim_of_which_every_trial_broke() -> None:
    broken = record("a", "A", "broken", 1.0, ("D1", Outcome.HELD, "x"), trial=1)
    assert "D1 unknown: the lab broke in every trial that spoke of it" in as_text([broken], None)


def test_one_refuting_verdict_decides_a_trial() -> None:
    both = [
        record("a", "A", "failed", 1.0, ("D6", Outcome.REFUTED, "gone"), ("D6", Outcome.HELD, "back"), trial=number)
        for number in (1, 2)
    ]
    assert "      D6 refuted in 2 of 2: gone\n" in as_text(both, None)


def test_one_trial_is_still_a_trial() -> None:
    text = as_text(trials(1, 0), None)
    assert "✓ Restore two of three  1 trial, 61.2 s each\n" in text
    assert "newest state 1 of 1 (100 %, 21-100 %)\n" in text


def test_the_line_of_a_scenario_that_ended() -> None:
    assert line(CUT_OFF) == "! scenarios/test_restore.py::test_cut     3.0 s  broken"
    assert line(trials(1, 0)[0]) == "✓ Restore two of three, trial 1    61.2 s"


def test_the_overhead_is_said_in_one_line() -> None:
    records = trials(1, 1, seconds=617.0, waited=580.0)
    assert as_text(records, None).endswith("  harness overhead 6 % of 1234 s\n")
    assert "\nHarness overhead 6 % of 1234 s\n" in as_markdown(records, None)


def test_markdown() -> None:
    assert as_markdown([ALL_BACK, ONE_BACK, CUT_OFF], REPORT) == (
        "## swarmdrill\n"
        "\n"
        "1 passed, 1 failed, 1 broken in 151.2 s\n"
        "\n"
        "| | scenario | seconds | claims |\n"
        "|---|---|---:|---|\n"
        "| ✓ passed | All managers restored | 48.2 | D5 held: the stack is back on every manager |\n"
        "| ✗ failed | One manager restored | 100.0 | "
        "D6 refuted: the old state won<br>D7 unknown: manager3 \\| did &lt;not> answer |\n"
        "| ! broken | scenarios/test_restore.py::test_cut | 3.0 |  |\n"
        "\n"
        "Report: `index.html` in the artifacts; download it and open it in any browser.\n"
    )


def test_trials_in_markdown() -> None:
    assert as_markdown(trials(13, 7), None) == (
        "## swarmdrill\n"
        "\n"
        "20 passed in 1224.0 s\n"
        "\n"
        "| | scenario | seconds | claims |\n"
        "|---|---|---:|---|\n"
        "| ✓ passed | Restore two of three<br>20 trials, 61.2 s each | 61.2 | "
        "newest state 13 of 20 (65 %, 43-82 %), old state 7 of 20 (35 %, 18-57 %)<br>"
        "R1 varies: held 13 of 20, refuted 7 of 20<br>R2 held in 20 of 20: another leader shows the same |\n"
        "\n"
        "**Restore two of three**\n"
        "\n"
        "```text\n"
        "first candidate  newest state  old state\n"
        "  manager1                 13          0\n"
        "  manager2                  0          7\n"
        "```\n"
    )


def test_markdown_without_anything() -> None:
    assert as_markdown([], "Node is missing") == (
        "## swarmdrill\n\nno scenario ran\n\n\nNo HTML report: Node is missing\n"
    )


def test_why_a_scenario_was_left_out_is_said_at_once_and_in_the_summary() -> None:
    left_out = record("test_snapshot", "Snapshots", "skipped", 0.0, reason="provider docker has no\nsnapshots")
    assert line(left_out) == "- Snapshots     0.0 s  skipped: provider docker has no snapshots"
    assert "skipped\n      provider docker has no snapshots\n" in as_text([left_out], None)
    assert "provider docker has no snapshots" in as_markdown([left_out], None)
