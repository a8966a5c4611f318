"""The claims and the track record as documentation."""

import re

from pretended.stored_runs import HELD, a_claim, a_run, hostile_matrix, record, sample_matrix, says
from swarmdrill.report.claims import markdown, track_record
from swarmdrill.report.claims.escaping import code, link, plain, prose
from swarmdrill.results.matrix import build

BAR = re.compile(r"(?<!\\)\|")


def tables(page: str) -> list[list[str]]:
    """The lines of each table."""
    found: list[list[str]] = [[]]
    for line in page.splitlines():
        if line.startswith("|"):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [lines for lines in found if lines]


def row(page: str, start: str) -> list[str]:
    """The cells of the first line of a table that starts so."""
    line = next(line for line in page.splitlines() if line.startswith(f"| {start}"))
    return [cell.strip() for cell in BAR.split(line)[1:-1]]


class TestText:
    def test_markup_becomes_text(self) -> None:
        assert plain("a | <b> & *c* _d_ `e` [f](g)\n h") == (r"a \| \<b\> &amp; \*c\* \_d\_ \`e\` \[f\](g) h")

    def test_code_that_ends_code_is_still_one_cell(self) -> None:
        assert code("a_b [c]") == "`a_b [c]`"
        assert code("a | `b`") == r"<code>a \| \`b\`</code>"

    def test_the_registry_marks_code(self) -> None:
        assert prose("`a --b` and `c_d|e` *f*") == r"`a --b` and <code>c\_d\|e</code> \*f\*"
        assert prose("one ` only") == r"one \` only"

    def test_only_addresses_of_the_web_become_links(self) -> None:
        assert link("a]", "https://example.org/(b) c") == r"[a\]](https://example.org/%28b%29%20c)"
        assert link("a", "javascript:b") == "a"


class TestClaims:
    page = markdown.as_markdown(sample_matrix())

    def test_it_says_what_makes_it(self) -> None:
        assert "make claims ARGS=--docs" in self.page.splitlines()[2]

    def test_the_summary_counts(self) -> None:
        assert "- **Claims: 4.** 2 held, 1 refuted, 1 varies." in self.page
        assert "- **Known troubles: 4.** 1 reproduced, 1 not reproduced, 1 sometimes, 1 not checked." in self.page
        assert "- **Unexpected: 1.** [D2](#D2)." in self.page
        assert "- **Runs: 4**, 2025-11-10 to 2025-11-13." in self.page

    def test_the_matrix_has_words(self) -> None:
        assert row(self.page, "id")[2:] == ["20.10.5, containers", "26.1.5, containers", "26.1.5, libvirt VMs"]
        assert row(self.page, "[D2]")[2:4] == ["[✗ refuted](#D2), 1 of 1", "[✗ refuted](#D2), 1 of 1 **unexpected**"]
        varies = "held in 1 of 2 (95\N{NO-BREAK SPACE}%:\N{NO-BREAK SPACE}9\N{EN DASH}91\N{NO-BREAK SPACE}%)"
        assert row(self.page, "[D3]")[2] == f"[~ varies](#D3), {varies}"
        assert row(self.page, "[D4]")[3] == "[\N{EN DASH} not checked](#D4) (scenario skipped)"
        assert row(self.page, "[moby#1]")[2] == "[● reproduced](#moby-1), 1 of 1"
        assert row(self.page, "[moby#2]")[2] == "[○ not reproduced](#moby-2), 0 of 1"

    def test_trials_that_failed_before_their_verdict_are_told(self) -> None:
        failed = record(claims=("D1",), status="failed")
        page = markdown.as_markdown(build([a_claim()], [a_run(record(says("D1", HELD)), failed)]))
        assert row(page, "[D1]")[2] == "[✓ held](#D1), 1 of 1; 1 unknown"
        assert row(page, "26.1.5, containers")[2] == "held, 1 of 1; 1 unknown"

    def test_each_claim_has_a_section(self) -> None:
        section = self.page.partition('<a id="D2"></a>')[2].partition("###")[0]
        assert "Source: [a manual](https://example.org/manual). Expected: held; refuted on 20.10.5." in section
        assert row(section, "26.1.5, containers") == [
            "26.1.5, containers",
            "Title of drill-a<br>`drill-a`",
            "refuted, 1 of 1",
            "refuted: gone (2025-11-10)",
        ]
        assert ".venv/bin/pytest scenarios --scenario=drill-a --engine=26.1.5" in section

    def test_why_something_is_not_checked(self) -> None:
        section = self.page.partition('<a id="D4"></a>')[2].partition("###")[0]
        assert "Not checked on 26.1.5, containers: scenario skipped: provider docker has no snapshots." in section

    def test_the_same_runs_give_the_same_bytes(self) -> None:
        assert markdown.as_markdown(sample_matrix(backwards=True)) == self.page

    def test_hostile_text_leaves_tables_whole(self) -> None:
        page = markdown.as_markdown(hostile_matrix())
        assert len(tables(page)) == 4
        for lines in tables(page):
            assert len({len(BAR.findall(line)) for line in lines}) == 1
        blocks = re.findall(r"^```sh\n(.*?)\n```$", page, re.DOTALL | re.MULTILINE)
        assert [len(block.splitlines()) for block in blocks] == [1, 1]
        text = re.sub(r"^```sh\n.*?\n```$|\\.", "", page, flags=re.DOTALL | re.MULTILINE)
        assert "<script" not in text
        assert "](javascript" not in text

    def test_without_any_run(self) -> None:
        page = markdown.as_markdown(build([a_claim()], []))
        assert "- **Runs: none** is stored yet." in page
        assert "| [D1](#D1) | Statement D1. |" in page


class TestTrackRecord:
    page = track_record.as_markdown(sample_matrix())

    def test_it_says_what_makes_it(self) -> None:
        assert "make claims ARGS=--docs" in self.page.splitlines()[2]

    def test_reproduced_where_how_often_and_how(self) -> None:
        assert row(self.page, "[moby#4]")[1:] == [
            "**reproduced** on 20.10.5, containers (1 of 2); 26.1.5, containers (1 of 2)",
            "`.venv/bin/pytest scenarios --scenario=drill-c --engine=26.1.5`",
        ]

    def test_tried_and_not_reproduced(self) -> None:
        seen = row(self.page, "[moby#2]")[1]
        assert seen == "**not reproduced** on 20.10.5, containers (1 trial); 26.1.5, containers (1 trial)"

    def test_out_of_reach(self) -> None:
        assert row(self.page, "[moby#3]")[1:] == ["**out of reach**: no such engine", "\N{EN DASH}"]

    def test_not_tried(self) -> None:
        trouble = a_claim("moby#1", kind="trouble")
        assert "**not tried**: no run yet" in track_record.as_markdown(build([trouble], []))
        page = track_record.as_markdown(build([trouble], [a_run(record())]))
        assert "**not tried**: no scenario that checks it was run here" in page

    def test_hostile_text_leaves_the_table_whole(self) -> None:
        ((*lines,),) = tables(track_record.as_markdown(hostile_matrix()))
        assert {len(BAR.findall(line)) for line in lines} == {4}

    def test_without_troubles(self) -> None:
        assert track_record.as_markdown(build([a_claim()], [])).endswith("There are none yet.\n")
