"""Wherever a power cut is spoken of, it is said what it is not: nothing that was written is ever lost here."""

import re
from pathlib import Path

import pytest

from pretended import ROOT

SAID = "machines.md#what-a-power-cut-is-here"
SPOKEN_OF = re.compile(r"power (loss|cut|fails)", re.IGNORECASE)
# Generated: what-is-here from docstrings, claims from stored evidence, which says it itself.
LEFT_OUT = {"what-is-here.md", "claims.md", "track-record.md"}
PAGES = [ROOT / "README.md", *(path for path in (ROOT / "docs").glob("*.md") if path.name not in LEFT_OUT)]


def unsaid(text: str) -> list[str]:
    """The sections and rows of tables that speak of a power cut and do not lead to what that is."""
    sections = re.split(r"^(?=#+ )", text, flags=re.MULTILINE)
    rows = [row for section in sections for row in section.splitlines() if row.startswith("|")]
    prose = ["\n".join(line for line in section.splitlines() if not line.startswith("|")) for section in sections]
    return [part for part in (*rows, *prose) if SPOKEN_OF.search(part) and SAID not in part]


def scenarios_without(sources: dict[Path, str]) -> list[str]:
    """Scenarios that cut the power, give a verdict on a claim, and do not say beside it what was not tried."""
    return [
        path.name
        for path, text in sources.items()
        if "cut_power(" in text and text.count("with expecting((") != text.count("NOT_TRIED]")
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_says_what_a_power_cut_is(page: Path) -> None:
    found = unsaid(page.read_text(encoding="utf-8"))
    # The section itself, and what was not run at all.
    own = {"machines.md": "## What a power cut is here", "virtualbox.md": "- Power cuts, `unregistervm"}
    assert [part for part in found if own.get(page.name, "\0") not in part] == []


def test_evidence_says_it_too() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in (ROOT / "scenarios").rglob("test_*.py")}
    assert scenarios_without(sources) == []


def test_a_row_and_a_section_that_do_not_say_it_are_found() -> None:
    assert len(unsaid("# A\n| Power loss | comes back | D1 |\n\n## B\nThe power fails.\n")) == 2
    assert unsaid(f"# A\n| Power loss | comes back ([what]({SAID})) | D1 |\n\n## B\nThe power fails ({SAID}).\n") == []


def test_a_verdict_that_does_not_say_it_is_found() -> None:
    assert scenarios_without({Path("test_x.py"): "cut_power(c, m)\nwith expecting((), 'x') as seen:\n    pass\n"})
