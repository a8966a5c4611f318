"""The registry of claims: each has a text and a source, the lists it comes from are whole, a bad one is not read."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.events import Outcome
from swarmdrill.machines.build.releases import releases
from swarmdrill.results import claims
from swarmdrill.results.claims import Claim, all_claims, read_claim


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
            ({"source": "untitled"}, "its source 'untitled': title: Field required"),
            ({"source": "nowhere"}, "its source 'nowhere': url: Field required"),
            ({"text": ""}, "text: String should have at least 1 character, not ''"),
            ({"text": 7}, "text: Input should be a valid string, not 7"),
            ({"kind": "rumour"}, "kind: Input should be 'claim' or 'trouble', not 'rumour'"),
            (
                {"expected": "holds", "because": "x."},
                "expected: Input should be 'held', 'refuted' or 'varied', not 'holds'",
            ),
            (
                {"expected": "unknown", "because": "x."},
                "expected: Input should be 'held', 'refuted' or 'varied', not 'unknown'",
            ),
            (
                {"expected_on": {"28.5.2": "no"}, "because": "x."},
                "expected_on.28.5.2: Input should be 'held', 'refuted' or 'varied', not 'no'",
            ),
            ({"expected": "refuted"}, "expected to be refuted; `because` of what?"),
            ({"expected": "refuted", "out_of_reach": "takes weeks"}, "expected to be refuted; `because` of what?"),
            ({"expected_on": {"28.5.2": "varied"}}, "expected to be varied; `because` of what?"),
            ({"becuase": "x."}, "becuase: there is no such field"),
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
            claims._all_claims.__wrapped__(None)


OWN = """
[source.runbook]
title = "Our runbook"
url = "https://runbook.example/backup"

[claim.OURS-1]
source = "runbook"
text = "A restore takes less than ten minutes."

[claim.OURS-2]
source = "document"
text = "One of swarmdrill's sources can be named."
expected = "refuted"
because = "So it was in the last drill."
"""


class TestOwn:
    @pytest.fixture
    def own(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        file = tmp_path / "claims.toml"
        file.write_text(OWN, encoding="utf-8")
        monkeypatch.setenv(places.CLAIMS_VARIABLE, str(file))
        return file

    def test_they_stand_beside_swarmdrills(self, own: Path) -> None:
        found = all_claims()
        assert {"D1", "OURS-1", "OURS-2"} <= found.keys()
        assert list(found)[-2:] == ["OURS-1", "OURS-2"]
        assert (found["OURS-1"].source, found["OURS-1"].url) == ("Our runbook", "https://runbook.example/backup")
        assert found["OURS-2"].expected_outcome("26.1.5") is Outcome.REFUTED
        assert found["OURS-2"].source == found["D1"].source

    def test_without_a_file_there_are_swarmdrills_alone(self, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        for word in ("none", ""):
            monkeypatch.setenv(places.CLAIMS_VARIABLE, word)
            assert "OURS-1" not in all_claims()

    @pytest.mark.parametrize(
        ("old", "new", "said"),
        [
            ("[claim.OURS-1]", "[claim.D1]", "claim D1 in {file}: swarmdrill has that already; choose another name"),
            ("source.runbook", "source.here", "source here in {file}: swarmdrill has that already"),
            (
                "[claim.OURS-1]",
                "[claim.OURS-1",
                "{file} cannot be read: Expected ']' at the end of a table declaration",
            ),
            ("[claim.OURS-1]", "[claim.OURS-1", "(at line 6, column 14)"),
            ("[claim.OURS-1]", "[claims.OURS-1]", "{file}: claims: there is no such field"),
            ("[claim.OURS-1]", "[claim]\nOURS-1 = 3\n[claim.x]", "{file}: claim.OURS-1: Input should be a valid dict"),
            ("text = ", "test = ", "claim 'OURS-1' in {file}: text: Field required"),
            ('"runbook"', '"runbok"', "claim 'OURS-1' in {file}: there is no source 'runbok'"),
            ("because", "becuase", "claim 'OURS-2' in {file}: becuase: there is no such field"),
            (OWN, "", "{file}: claim: Field required"),
        ],
    )
    def test_a_bad_file_is_refused_in_one_line(self, own: Path, old: str, new: str, said: str) -> None:
        own.write_text(OWN.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(UsageProblem) as refused:
            claims._all_claims.__wrapped__(own)
        assert said.format(file=own) in str(refused.value)
        assert "\n" not in str(refused.value)

    def test_a_file_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(UsageProblem, match=r"/gone\.toml cannot be read: .*No such file"):
            claims._all_claims.__wrapped__(tmp_path / "gone.toml")
