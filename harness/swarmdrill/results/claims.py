"""The claims that scenarios check, by id, with text, source and what is expected of them.

Read from `claims.toml` here, and from a file of the user's own, of the same schema, where one is named.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic.dataclasses import dataclass

from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.events import Outcome
from swarmdrill.base.messages import Message, quoted, said
from swarmdrill.base.stored import CLOSED, problem

REGISTRY = Path(__file__).with_name("claims.toml")
ClaimKind = Literal["claim", "trouble"]
# What a claim can be expected to be; unknown is what no one expects.
Expectable = Literal["held", "refuted", "varied"]
NonEmpty = Annotated[str, Field(min_length=1)]


@dataclass(frozen=True, config=CLOSED)
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
    kind: ClaimKind = "claim"
    expected: Outcome = Outcome.HELD
    expected_on: Mapping[str, Outcome] = field(default_factory=dict)
    because: str = ""
    out_of_reach: str = ""

    def expected_outcome(self, engine: str) -> Outcome:
        """What the scenarios are expected to find with that engine version."""
        return self.expected_on.get(engine, self.expected)


@dataclass(frozen=True, config=CLOSED)
class _Source:
    """Where claims are made, as the registry has it."""

    title: NonEmpty
    url: NonEmpty


@dataclass(frozen=True, config=CLOSED)
class _Entry:
    """A claim as the registry has it: only what is unusual is said."""

    source: str
    text: NonEmpty
    kind: ClaimKind = "claim"
    expected: Expectable = "held"
    expected_on: Mapping[str, Expectable] = field(default_factory=dict)
    because: str = ""
    out_of_reach: str = ""

    @model_validator(mode="after")
    def _says_why(self) -> "_Entry":
        unusual = {self.expected, *self.expected_on.values()} - {"held"}
        if unusual and not self.because:
            raise ValueError(f"it is expected to be {', '.join(sorted(unusual))}; `because` of what?")
        return self


@dataclass(frozen=True, config=CLOSED)
class _File:
    """A registry: tables `[source.NAME]` and `[claim.ID]`."""

    claim: Mapping[str, dict[str, Any]]
    source: Mapping[str, dict[str, Any]] = field(default_factory=dict)


def all_claims() -> dict[str, Claim]:
    """Every claim by id, in the order of the file; those of the user's own file (`places.claims`) after swarmdrill's.

    Raises:
        UsageProblem: a file is no good, which names the file, and the line or the entry and its field.
    """
    return _all_claims(places.claims())


@cache
def _all_claims(own: Path | None) -> dict[str, Claim]:
    sources, entries = _tables(REGISTRY)
    known = {id_: read_claim(id_, entry, sources) for id_, entry in entries.items()}
    if own is None:
        return known
    shown = str(own)
    own_sources, own_entries = _tables(own)
    for kind, taken in (("source", sources.keys() & own_sources.keys()), ("claim", known.keys() & own_entries.keys())):
        if taken:
            raise UsageProblem(
                said(
                    "{kind} {taken:,} in {registry}: swarmdrill has that already; choose another name",
                    kind=kind,
                    taken=sorted(taken),
                    registry=shown,
                )
            )
    return known | {
        id_: read_claim(id_, entry, {**sources, **own_sources}, shown) for id_, entry in own_entries.items()
    }


def _tables(registry: Path) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The sources and the claims of a file, by name; what stands in them is not looked at."""
    try:
        file = _File(**tomllib.loads(registry.read_text(encoding="utf-8")))
    except ValidationError as wrong:
        raise UsageProblem(said("{registry}: {problem}", registry=registry, problem=problem(wrong))) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as wrong:
        raise UsageProblem(
            said("{registry} cannot be read: {problem}", registry=registry, problem=" ".join(str(wrong).split()))
        ) from None
    return file.source, file.claim


def read_claim(
    id_: str, entry: Mapping[str, Any], sources: Mapping[str, Mapping[str, str]], registry: str = REGISTRY.name
) -> Claim:
    """One entry of a registry. Raises UsageProblem, naming entry and field, where it is not as it has to be."""
    try:
        read = _Entry(**entry)
    except ValidationError as wrong:
        raise _refused(id_, registry, quoted(problem(wrong))) from None
    if read.source not in sources:
        raise _refused(id_, registry, said("there is no source {source!r}", source=read.source))
    try:
        source = _Source(**sources[read.source])
    except ValidationError as wrong:
        refused = said("its source {source!r}: {problem}", source=read.source, problem=problem(wrong))
        raise _refused(id_, registry, refused) from None
    return Claim(
        id=id_,
        text=read.text,
        source=source.title,
        url=source.url,
        kind=read.kind,
        expected=Outcome(read.expected),
        expected_on={engine: Outcome(outcome) for engine, outcome in read.expected_on.items()},
        because=read.because,
        out_of_reach=read.out_of_reach,
    )


def _refused(id_: str, registry: str, wrong: Message) -> UsageProblem:
    return UsageProblem(said("claim '{claim}' in {registry}: {problem}", claim=id_, registry=registry, problem=wrong))


def claim(id_: str) -> Claim:
    """The claim of that id. Raises UsageProblem that names the ids there are."""
    known = all_claims()
    if id_ not in known:
        raise UsageProblem(
            said("claim '{claim}' is in no registry (results/claims.toml); there are {known:,}", claim=id_, known=known)
        )
    return known[id_]
