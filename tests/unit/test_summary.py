"""The summary at the end of a run, for a terminal and for a CI page."""

from pathlib import Path

from harness.report.summary import ClaimVerdict, ScenarioResult, as_markdown, as_text
from harness.trace import Outcome

ALL_BACK = ScenarioResult(
    name="scenarios/test_restore.py::test_all",
    title="All managers restored",
    status="passed",
    duration=48.23,
    verdicts=(ClaimVerdict("D5", Outcome.HELD, "the stack is back\non every manager"),),
)
ONE_BACK = ScenarioResult(
    name="scenarios/test_restore.py::test_one",
    title="One manager restored",
    status="failed",
    duration=100.0,
    verdicts=(
        ClaimVerdict("D6", Outcome.REFUTED, "the old state won"),
        ClaimVerdict("D7", Outcome.UNKNOWN, "manager3 | did <not> answer"),
    ),
)
CUT_OFF = ScenarioResult(name="scenarios/test_restore.py::test_cut", title="", status="broken", duration=3.0)
LEFT_OUT = ScenarioResult(name="test_left_out", title="Left out", status="skipped", duration=0.0)


def test_text() -> None:
    report = Path("reports/html/index.html")
    assert as_text([ALL_BACK, ONE_BACK, CUT_OFF, LEFT_OUT], report) == (
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


def test_markdown() -> None:
    assert as_markdown([ALL_BACK, ONE_BACK, CUT_OFF], Path("reports/html/index.html")) == (
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


def test_markdown_without_anything() -> None:
    assert as_markdown([], "Node is missing") == (
        "## swarmdrill\n\nno scenario ran\n\n\nNo HTML report: Node is missing\n"
    )
