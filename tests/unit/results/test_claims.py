"""Claims and scenarios belong together: every marker names claims that exist, every scenario says what it is."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from pretended.checkout import Checkout, copy_checkout
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.events import Outcome
from swarmdrill.machines.build.releases import releases
from swarmdrill.results import claims
from swarmdrill.results.claims import KINDS, Claim, all_claims, read_claim

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
            "of_case": [id_ for each in item.iter_markers("claims") for id_ in each.args],
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
@pytest.mark.parametrize("x", [1, *(pytest.param(x, marks=pytest.mark.claims(f"D{x}")) for x in (2, 3))])
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
            said += [f"claim {id_} is not its scenario's" for id_ in item["of_case"] if id_ not in item["claims"]]
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
            "test_in_order[3]": "claim D3 is not its scenario's",
        }


def incomplete(known: dict[str, Claim]) -> list[str]:
    """Claims that lack a text that is a sentence, a source with an address, or a reason that is a sentence.

    Reports name a claim by its text up to the first full stop, so none may be inside of a word.
    """
    return [
        id_
        for id_, claim in known.items()
        if claim.id != id_
        or not claim.text.strip().endswith(".")
        or re.search(r"\.\w", claim.text)
        or not claim.source.strip()
        or not claim.url.startswith("https://")
        or not (claim.because == "" or claim.because.endswith("."))
    ]


# The lists that the registry is made from: the document, the guides, the threads.
LISTED = {
    *(f"D{number}" for number in range(1, 8)),
    *(f"A{number}" for number in range(1, 19)),
    *(f"L{number}" for number in range(1, 5)),
    *(f"P{number}" for number in range(1, 6)),
    *(f"E{number}" for number in range(1, 6)),
    *(f"moby#{number}" for number in (24132, 29180, 30059, 34122, 34160, 34306, 34384, 34722, 35941)),
    *(f"moby#{number}" for number in (36712, 36852, 42660, 48066)),
    *(f"swarmkit#{number}" for number in (642, 1815, 1919, 2472, 2656, 2932, 2933, 2959)),
    "for-linux#523",
    "docker/cli#2875",
    "portainer#2113",
}


class TestClaims:
    def test_each_has_text_and_source(self) -> None:
        assert incomplete(all_claims()) == []

    def test_the_lists_are_whole(self) -> None:
        assert LISTED - all_claims().keys() == set()

    def test_no_two_say_the_same(self) -> None:
        assert len({claim.text for claim in all_claims().values()}) == len(all_claims())

    def test_a_thread_is_cited_by_its_own_address(self) -> None:
        for id_, claim in all_claims().items():
            project, _, number = id_.rpartition("#")
            if project:
                assert re.fullmatch(rf"https://github\.com/([\w-]+/)?{project}/(issues|pull)/{number}", claim.url), id_

    def test_the_sources_are_used(self) -> None:
        table = tomllib.loads(claims.REGISTRY.read_text(encoding="utf-8"))
        assert table["source"].keys() - {entry["source"] for entry in table["claim"].values()} == set()

    def test_exceptions_are_of_engines_that_there_are_and_differ(self) -> None:
        for claim in all_claims().values():
            assert claim.expected_on.keys() <= releases().keys(), claim.id
            assert claim.expected not in claim.expected_on.values(), claim.id

    @pytest.mark.parametrize(
        "claim",
        [
            Claim("D1", "", "document", "https://x"),
            Claim("D1", "no sentence", "document", "https://x"),
            Claim("D1", "Has Status.State in it.", "document", "https://x"),
            Claim("D1", "A sentence.", " ", "https://x"),
            Claim("D1", "A sentence.", "document", ""),
            Claim("D1", "A sentence.", "document", "https://x", because="no sentence"),
            Claim("D2", "A sentence.", "document", "https://x"),
        ],
    )
    def test_the_check_sees_one_that_has_not(self, claim: Claim) -> None:
        assert incomplete({"D1": claim}) == ["D1"]


class TestExpectation:
    def test_a_claim_holds_unless_the_registry_says_otherwise(self) -> None:
        claim = read_claim("D1", ENTRY, SOURCES)
        assert claim == Claim("D1", "x.", "t", "https://x")
        assert (claim.kind, claim.expected_outcome("26.1.5"), claim.out_of_reach) == ("claim", Outcome.HELD, "")

    def test_versions_can_differ(self) -> None:
        claim = read_claim(
            "D1",
            ENTRY
            | {"expected": "varied", "expected_on": {"20.10.24": "refuted"}, "because": "So it is.", "kind": "trouble"}
            | {"out_of_reach": "takes weeks"},
            SOURCES,
        )
        assert claim.expected_outcome("20.10.24") is Outcome.REFUTED
        assert claim.expected_outcome("28.5.2") is Outcome.VARIED
        assert (claim.kind, claim.because, claim.out_of_reach) == ("trouble", "So it is.", "takes weeks")

    def test_an_exception_can_be_the_one_that_holds(self) -> None:
        entry = ENTRY | {"expected": "refuted", "expected_on": {"28.5.2": "held"}, "because": "So it is."}
        assert read_claim("D1", entry, SOURCES).expected_outcome("28.5.2") is Outcome.HELD

    def test_of_the_registry(self) -> None:
        assert claims.claim("E4").expected_outcome("28.5.2") is Outcome.REFUTED
        assert claims.claim("swarmkit#2959").expected_outcome("26.1.5") is Outcome.HELD
        assert claims.claim("swarmkit#2959").expected_outcome("20.10.24") is Outcome.REFUTED

    def test_an_id_that_is_not_there_is_refused_by_name(self) -> None:
        with pytest.raises(UsageProblem, match=r"claim 'D99' is in no registry .* there are D1, D2"):
            claims.claim("D99")


SOURCES = {"a": {"title": "t", "url": "https://x"}, "untitled": {"url": "https://x"}, "nowhere": {"title": "t"}}
ENTRY = {"source": "a", "text": "x."}


class TestRefusal:
    @pytest.mark.parametrize(
        ("wrong", "said"),
        [
            ({"source": "b"}, "there is no source 'b'"),
            ({"source": ""}, "there is no source ''"),
            ({"source": "untitled"}, "its source 'untitled' has no title"),
            ({"source": "nowhere"}, "its source 'nowhere' has no url"),
            ({"text": ""}, "it has no text"),
            ({"kind": "rumour"}, f"kind 'rumour': choose one of {', '.join(KINDS)}"),
            ({"expected": "holds", "because": "x."}, "expected 'holds': choose one of held, refuted, varied"),
            ({"expected": "unknown", "because": "x."}, "expected 'unknown': choose one of"),
            ({"expected_on": {"28.5.2": "no"}, "because": "x."}, "expected 'no': choose one of"),
            ({"expected": "refuted"}, "expected to be refuted; `because` of what?"),
            ({"expected": "refuted", "out_of_reach": "takes weeks"}, "expected to be refuted; `because` of what?"),
            ({"expected_on": {"28.5.2": "varied"}}, "expected to be varied; `because` of what?"),
            ({"becuase": "x."}, "unknown key becuase"),
        ],
    )
    def test_an_entry_that_is_wrong_is_named(self, wrong: dict[str, Any], said: str) -> None:
        with pytest.raises(UsageProblem, match=r"claim 'D1' in claims\.toml: .*" + re.escape(said)):
            read_claim("D1", ENTRY | wrong, SOURCES)

    def test_a_file_that_is_wrong_is_not_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "claims.toml"
        file.write_text('[claim.D1]\nsource = "a"\ntext = "x."')
        monkeypatch.setattr(claims, "REGISTRY", file)
        with pytest.raises(UsageProblem, match=r"claim 'D1' in claims\.toml: there is no source 'a'"):
            all_claims.__wrapped__()
