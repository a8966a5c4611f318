"""The page of claims: it is whole, needs nothing from anywhere, and what a run recorded stays text."""

import re
from html.parser import HTMLParser
from urllib.parse import unquote

from pretended.stored_runs import (
    HELD,
    HOSTILE,
    REFUTED,
    UNKNOWN,
    a_claim,
    a_run,
    hostile_matrix,
    record,
    sample_matrix,
    says,
)
from swarmdrill.report.claims.html import as_html
from swarmdrill.results.matrix import build


class Page(HTMLParser):
    """Elements with their attributes, and the text outside of style and script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self._open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self._open):
            self.text += data

    def values(self, attribute: str) -> list[str]:
        return [attributes[attribute] for _, attributes in self.elements if attribute in attributes]

    def marked(self, class_: str) -> int:
        return sum(class_ in attributes.get("class", "").split() for _, attributes in self.elements)


class TestHostileText:
    page = as_html(hostile_matrix())
    parsed = Page(page)

    def test_it_stays_text(self) -> None:
        assert {tag for tag, _ in self.parsed.elements} == {tag for tag, _ in Page(as_html(sample_matrix())).elements}
        assert [tag for tag, _ in self.parsed.elements].count("script") == 1
        assert not [name for _, attributes in self.parsed.elements for name in attributes if name.startswith("on")]

    def test_none_of_it_is_lost(self) -> None:
        for where in ("claim {}", "{}", "expected{}observed{}", "Docker {}", "run {}"):
            assert where.format(HOSTILE, HOSTILE) in self.parsed.text

    def test_only_addresses_of_the_web_become_links(self) -> None:
        links = [link for link in self.parsed.values("href") if not link.startswith("#")]
        assert links
        assert all(link.startswith("https://example.org/") for link in links)

    def test_the_policy_allows_the_two_texts_of_the_page_and_nothing_else(self) -> None:
        (policy,) = [attributes["content"] for _, attributes in self.parsed.elements if "http-equiv" in attributes]
        assert re.fullmatch(r"default-src 'none'; style-src 'sha256-\S+'; script-src 'sha256-\S+'", policy)


class TestPage:
    page = as_html(sample_matrix())
    parsed = Page(page)

    def test_nothing_is_fetched(self) -> None:
        assert self.parsed.values("src") == []
        assert not [tag for tag, _ in self.parsed.elements if tag in ("link", "img", "iframe", "object")]
        assert not re.search(r"url\(|@import", self.page)

    def test_links_within_it_lead_somewhere(self) -> None:
        ids = self.parsed.values("id")
        assert len(ids) == len(set(ids))
        assert {unquote(link[1:]) for link in self.parsed.values("href") if link.startswith("#")} <= set(ids)
        assert {"D1", "moby-1", "D1-26.1.5-docker"} <= set(ids)

    def test_each_finding_has_its_word(self) -> None:
        for word in ("held", "refuted", "varies", "not checked", "reproduced", "not reproduced", "sometimes"):
            assert re.search(rf"<b><span aria-hidden=\"true\">.</span> {word}</b>", self.page)

    def test_what_is_unexpected_is_marked_in_its_cell_and_its_evidence(self) -> None:
        (body,) = re.findall(r'<tbody class="claim" id="D2".*?</tbody>', self.page, re.DOTALL)
        cells = re.findall(r'<td role="cell" data-engine="([^"]*)".*?</td>', body, re.DOTALL)
        assert cells == ["20.10.5", "26.1.5"]
        assert body.count("! unexpected") == 2
        assert body.index('data-engine="26.1.5"') < body.index("! unexpected")
        assert "! unexpected: held was expected" in body

    def test_what_is_expected_is_not(self) -> None:
        matrix = build([a_claim()], [a_run(record(says("D1", HELD)))])
        wrong = build([a_claim()], [a_run(record(says("D1", REFUTED)))])
        assert Page(as_html(wrong)).marked("unexpected") - Page(as_html(matrix)).marked("unexpected") == 3

    def test_evidence_says_what_was_seen_when_on_what_and_how_to_repeat_it(self) -> None:
        for said in (
            "Title of drill-b[x y]",
            "drill-b[x y]",
            "observedoldest",
            "2025-11-10, swarmdrill 0.1.0, 3 managers",
            ".venv/bin/pytest scenarios '--scenario=drill-b[x y]' --engine=26.1.5",
        ):
            assert said in self.parsed.text

    def test_the_evidence_has_the_colours_of_the_matrix(self) -> None:
        """A trouble that is there again is no success: `.trouble.held` has other colours than `.held`."""
        (body,) = re.findall(r'<tbody class="claim" id="moby-1".*?</tbody>', self.page, re.DOTALL)
        classes = {each for each in Page(body).values("class") if "held" in each.split()}
        assert classes == {"mark trouble held", "verdict trouble held", "trouble held"}

    def test_only_the_statement_is_marked_where_a_link_led_to_the_claim(self) -> None:
        assert "tbody.claim:target .said {" in self.page
        assert self.parsed.marked("said") == 8

    def test_a_trial_that_failed_before_its_verdict_is_told_with_its_reason(self) -> None:
        failed = record(claims=("D1",), status="failed", reason="timed out")
        page = as_html(build([a_claim()], [a_run(record(says("D1", HELD)), failed)]))
        assert "<small>1 of 1</small><small>1 unknown</small>" in page
        assert "<dd>the scenario failed before: timed out</dd>" in page

    def test_only_a_reason_that_is_borne_out_is_said_beside_the_claim(self) -> None:
        claim = a_claim(because="It is so.", out_of_reach="No such host.")
        for outcome, beside in ((HELD, "It is so."), (REFUTED, None), (UNKNOWN, "No such host.")):
            page = as_html(build([claim], [a_run(record(says("D1", outcome)))]))
            assert re.findall('<p class="why">(.*?)</p>', page) == ([beside] if beside else [])

    def test_the_registry_marks_code(self) -> None:
        page = as_html(build([a_claim(text="Say `a --b <c>` twice.")], []))
        assert "Say <code>a --b &lt;c&gt;</code> twice." in page

    def test_it_is_whole_without_scripts(self) -> None:
        hidden = [attributes.get("id") for _, attributes in self.parsed.elements if "hidden" in attributes]
        assert hidden == ["filter", "none"]
        assert "4 claims: 2 held" in self.parsed.text

    def test_the_same_runs_give_the_same_bytes(self) -> None:
        assert as_html(sample_matrix(backwards=True)) == self.page

    def test_without_any_run(self) -> None:
        page = Page(as_html(build([a_claim()], [])))
        assert "Statement D1." in page.text
        assert "No run is stored yet" in page.text

    def test_without_anything(self) -> None:
        assert Page(as_html(build([], []))).text.count("There are none.") == 2
