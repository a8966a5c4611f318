"""The HTML report: with a generator that is made up."""

import json
from pathlib import Path

import pytest

from pretended.programs import only_shims, script
from swarmdrill.report.allure import page as allure_page
from swarmdrill.report.allure.session import write_session

PAGE = """<html><body><script>report()</script>
    <script async src="https://www.googletagmanager.com/gtag/js?id=G-X"></script>
    <script>
        gtag('config', 'G-X', {});
    </script>
    <script>data()</script></body></html>"""
RESULT = {
    "uuid": "1",
    "historyId": "1",
    "name": "One manager restored",
    "status": "failed",
    "statusDetails": {"message": "swarmdrill.base.errors.ClaimRefuted: the old state won", "trace": ""},
    "labels": [{"name": "feature", "value": "Restore"}, {"name": "host", "value": "name-of-this-machine"}],
    "start": 1_700_000_000_000,
    "stop": 1_700_000_048_000,
}


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A results directory whose name the generator would take for a pattern."""
    results = tmp_path / "results [2]"
    write_session(results, {"engine": "26.1.5"}, {})
    (results / "1-result.json").write_text(json.dumps(RESULT), encoding="utf-8")
    return results


@pytest.fixture
def generator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in for the generator that writes PAGE and keeps its configuration."""
    only_shims(tmp_path / "bin", monkeypatch)("node", "exit 0")
    (tmp_path / "page").write_text(PAGE, encoding="utf-8")
    return script(
        tmp_path / "allure",
        f"cp allurerc.json '{tmp_path}/used.json'; ls results > '{tmp_path}/seen'; mkdir report;"
        f" cp '{tmp_path}/page' report/index.html",
    )


def test_the_page_is_written_without_the_analytics_of_others(results: Path, generator: Path, tmp_path: Path) -> None:
    page = allure_page.generate(results, tmp_path / "out", None, generator=generator)
    assert page == tmp_path / "out" / "index.html"
    text = page.read_text(encoding="utf-8")
    assert "report()" in text
    assert "data()" in text
    assert "google" not in text
    assert "gtag" not in text
    assert "1-result.json" in (tmp_path / "seen").read_text(encoding="utf-8")


def test_history_is_configured_only_where_it_is_wanted(results: Path, generator: Path, tmp_path: Path) -> None:
    allure_page.generate(results, tmp_path / "out", None, generator=generator)
    assert "historyPath" not in json.loads((tmp_path / "used.json").read_text(encoding="utf-8"))
    allure_page.generate(results, tmp_path / "out", tmp_path / "state" / "history.jsonl", generator=generator)
    used = json.loads((tmp_path / "used.json").read_text(encoding="utf-8"))
    assert used["historyPath"] == str(tmp_path / "state" / "history.jsonl")
    assert (tmp_path / "state").is_dir()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo no such plugin >&2; exit 3", r"exit 3\nno such plugin"),
        ("echo plugin awesome error", r"it wrote no page\nplugin awesome error"),
        ("exec sleep 20", "it was not done after 1 s"),
    ],
)
def test_a_generator_that_fails_is_reported_with_what_it_said(
    results: Path, generator: Path, tmp_path: Path, text: str, said: str
) -> None:
    script(generator, text)
    with pytest.raises(allure_page.ReportError, match=said) as caught:
        allure_page.generate(results, tmp_path / "out", None, generator=generator, timeout=1)
    assert str(results) in str(caught.value)


def test_a_missing_node_is_said(results: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(allure_page.ReportError, match=r"Node is missing.*the results are in") as caught:
        allure_page.generate(results, tmp_path / "out", None)
    assert str(results) in str(caught.value)


def test_a_missing_generator_is_said(results: Path, generator: Path, tmp_path: Path) -> None:
    with pytest.raises(allure_page.ReportError, match="Allure generator is missing"):
        allure_page.generate(results, tmp_path / "out", None, generator=generator.with_name("none"))


def test_no_results_is_said(generator: Path, tmp_path: Path) -> None:
    with pytest.raises(allure_page.ReportError, match="nothing to report"):
        allure_page.generate(tmp_path, tmp_path / "out", None, generator=generator)
