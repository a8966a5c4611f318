"""The claims that scenarios check, by id, with text, source and what is expected of them; read from `claims.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.events import Outcome
from swarmdrill.base.messages import said

REGISTRY = Path(__file__).with_name("claims.toml")
KINDS = ("claim", "trouble")
EXPECTABLE = (Outcome.HELD, Outcome.REFUTED, Outcome.VARIED)
_KEYS = {"source", "text", "kind", "expected", "expected_on", "because", "out_of_reach"}


@dataclass(frozen=True)
class Claim:
    """A public statement: `text` in this project's words, `source` and `url` where it is made.

    `kind` is claim, or trouble for the symptom of a public thread. `expected` is what the scenarios are expected to
    find, `because` of what; `expected_on` has it by engine version where that differs. `out_of_reach` says why no
    scenario checks it, and is empty where one does.
    """

    id: str
    text: str
    source: str
    url: str
    kind: str = "claim"
    expected: Outcome = Outcome.HELD
    expected_on: Mapping[str, Outcome] = field(default_factory=dict)
    because: str = ""
    out_of_reach: str = ""

    def expected_outcome(self, engine: str) -> Outcome:
        """What the scenarios are expected to find with that engine version."""
        return self.expected_on.get(engine, self.expected)


@cache
def all_claims() -> dict[str, Claim]:
    """Every claim by id, in the order of the file. Raises UsageProblem that names the entry which is wrong."""
    table = tomllib.loads(REGISTRY.read_text(encoding="utf-8"))
    return {id_: read_claim(id_, entry, table.get("source", {})) for id_, entry in table["claim"].items()}


def read_claim(id_: str, entry: Mapping[str, Any], sources: Mapping[str, Mapping[str, str]]) -> Claim:
    """One entry of the registry. Raises UsageProblem, naming the entry, where it is not as it has to be."""

    def refuse(problem: str) -> UsageProblem:
        return UsageProblem(
            said("claim '{claim}' in {registry}: {problem}", claim=id_, registry=REGISTRY.name, problem=problem)
        )

    def outcome(text: str) -> Outcome:
        if text not in EXPECTABLE:
            raise refuse(f"expected {text!r}: choose one of {', '.join(EXPECTABLE)}")
        return Outcome(text)

    if unknown := entry.keys() - _KEYS:
        raise refuse(f"unknown key {', '.join(sorted(unknown))}")
    if not entry.get("text"):
        raise refuse("it has no text")
    source = sources.get(entry.get("source", ""))
    if source is None:
        raise refuse(f"there is no source {entry.get('source')!r}")
    for key in ("title", "url"):
        if not source.get(key):
            raise refuse(f"its source {entry['source']!r} has no {key}")
    kind = entry.get("kind", "claim")
    if kind not in KINDS:
        raise refuse(f"kind {kind!r}: choose one of {', '.join(KINDS)}")
    expected = outcome(entry.get("expected", Outcome.HELD))
    expected_on = {engine: outcome(text) for engine, text in entry.get("expected_on", {}).items()}
    because = entry.get("because", "")
    if not because and (unusual := {expected, *expected_on.values()} - {Outcome.HELD}):
        raise refuse(f"it is expected to be {', '.join(sorted(unusual))}; `because` of what?")
    return Claim(
        id=id_,
        text=entry["text"],
        source=source["title"],
        url=source["url"],
        kind=kind,
        expected=expected,
        expected_on=expected_on,
        because=because,
        out_of_reach=entry.get("out_of_reach", ""),
    )


def claim(id_: str) -> Claim:
    """The claim of that id. Raises UsageProblem that names the ids there are."""
    known = all_claims()
    if id_ not in known:
        raise UsageProblem(
            said("claim '{claim}' is in no registry (results/claims.toml); there are {known:,}", claim=id_, known=known)
        )
    return known[id_]
