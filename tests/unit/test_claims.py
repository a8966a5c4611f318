"""Claims and scenarios belong together: every marker names claims that exist, every scenario says what it is."""

import json
from pathlib import Path
from typing import Any

import pytest
from checkouts import Checkout, copy_checkout

from harness import claims
from harness.claims import Claim, all_claims

# A pytest plugin that writes down what was collected, as pytest itself sees it.
PROBE = """
import json, os
def pytest_collection_finish(session):
    found = []
    for item in session.items:
        marker = item.get_closest_marker("scenario")
        found.append({
            "id": item.nodeid,
            "claims": list(marker.args) if marker else None,
            "title": marker.kwargs.get("title", "") if marker else "",
            "severity": marker.kwargs.get("severity", "normal") if marker else "",
            "docstring": (item.function.__doc__ or "").strip(),
        })
    with open(os.environ["PROBE_FILE"], "w") as file:
        json.dump(found, file)
"""
PLANTED = '''
import pytest

@pytest.mark.scenario("D1", "D99", title="Names a claim that is not there")
def test_unknown_claim(): """Does."""

@pytest.mark.scenario("D1")
def test_no_title(): """Does."""

@pytest.mark.scenario("D1", title="Says nothing of itself")
def test_no_docstring(): pass

@pytest.mark.scenario("D1", title="Is so", severity="fatal")
def test_severity_unknown_to_allure(): """Does."""

def test_no_marker(): """Does."""

@pytest.mark.scenario("D1", "D2", title="In order")
@pytest.mark.parametrize("x", [1, 2])
def test_in_order(x): """Does."""
'''
SEVERITIES = {"blocker", "critical", "normal", "minor", "trivial"}

Collected = list[dict[str, Any]]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    copy = copy_checkout(tmp_path_factory.mktemp("claims"))
    (copy.root / "probe.py").write_text(PROBE)
    (copy.root / "scenarios" / "test_planted.py").write_text(PLANTED)
    return copy


@pytest.fixture(scope="module")
def collected(checkout: Checkout) -> Collected:
    """Everything in `scenarios/`, and what this test planted there."""
    file = checkout.root / "collected.json"
    done = checkout.pytest("scenarios", "--collect-only", "-q", "-p", "probe", PROBE_FILE=str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    found: Collected = json.loads(file.read_text())
    return found


def planted(found: Collected) -> Collected:
    return [item for item in found if "test_planted" in item["id"]]


def real(found: Collected) -> Collected:
    return [item for item in found if "test_planted" not in item["id"]]


def wrong(found: Collected) -> dict[str, str]:
    """What is wrong with each scenario, by its name; those that are in order are left out."""
    problems = {}
    for item in found:
        said = []
        if item["claims"] is None:
            said.append("no scenario marker")
        else:
            said += [f"no claim {id_}" for id_ in item["claims"] if id_ not in all_claims()]
            said += ["no title"] * (not item["title"].strip())
            said += [f"severity {item['severity']}"] * (item["severity"] not in SEVERITIES)
        said += ["no docstring"] * (not item["docstring"])
        if said:
            problems[item["id"].rpartition("::")[2]] = ", ".join(said)
    return problems


class TestScenarios:
    def test_each_names_known_claims_and_says_what_it_is(self, collected: Collected) -> None:
        assert len(real(collected)) > 4
        assert wrong(real(collected)) == {}

    def test_titles_tell_scenarios_apart(self, collected: Collected) -> None:
        by_function = {item["id"].partition("[")[0]: item["title"] for item in real(collected)}
        assert len(set(by_function.values())) == len(by_function)

    def test_the_check_sees_each_fault(self, collected: Collected) -> None:
        assert wrong(planted(collected)) == {
            "test_unknown_claim": "no claim D99",
            "test_no_title": "no title",
            "test_no_docstring": "no docstring",
            "test_severity_unknown_to_allure": "severity fatal",
            "test_no_marker": "no scenario marker",
        }


def incomplete(known: dict[str, Claim]) -> list[str]:
    """Claims that lack a text that is a sentence, or a source with an address."""
    return [
        id_
        for id_, claim in known.items()
        if claim.id != id_
        or not claim.text.strip().endswith(".")
        or not claim.source.strip()
        or not claim.url.startswith("https://")
    ]


class TestClaims:
    def test_each_has_text_and_source(self) -> None:
        assert len(all_claims()) > 6
        assert incomplete(all_claims()) == []

    def test_no_two_say_the_same(self) -> None:
        assert len({claim.text for claim in all_claims().values()}) == len(all_claims())

    @pytest.mark.parametrize(
        "claim",
        [
            Claim("D1", "", "document", "https://x"),
            Claim("D1", "no sentence", "document", "https://x"),
            Claim("D1", "A sentence.", " ", "https://x"),
            Claim("D1", "A sentence.", "document", ""),
            Claim("D2", "A sentence.", "document", "https://x"),
        ],
    )
    def test_the_check_sees_one_that_has_not(self, claim: Claim) -> None:
        assert incomplete({"D1": claim}) == ["D1"]

    @pytest.mark.parametrize(
        ("table", "missing"),
        [
            ('[source.a]\ntitle = "t"\nurl = "u"\n[claim.D1]\nsource = "b"\ntext = "x."', "b"),
            ('[source.a]\ntitle = "t"\nurl = "u"\n[claim.D1]\nsource = "a"', "text"),
            ('[source.a]\ntitle = "t"\n[claim.D1]\nsource = "a"\ntext = "x."', "url"),
        ],
    )
    def test_a_file_that_lacks_something_is_not_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, table: str, missing: str
    ) -> None:
        (tmp_path / "claims.toml").write_text(table)
        monkeypatch.setattr(claims, "__file__", str(tmp_path / "claims.py"))
        with pytest.raises(KeyError, match=missing):
            all_claims.__wrapped__()
