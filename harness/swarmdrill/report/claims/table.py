"""The form of claims.json, from which the published `claims.schema.json` is generated."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from swarmdrill.base.events import Outcome
from swarmdrill.base.stored import OPEN, Text
from swarmdrill.results.matrix import CellFinding
from swarmdrill.results.records import HostRecord

Number = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
HeldShare = Annotated[
    tuple[Share, Share] | None,
    Field(
        description="Wilson's interval, at 95 %, of the share of trials in which the claim holds; "
        "null where several scenarios, or none, are evidence."
    ),
]


@dataclass(frozen=True, config=OPEN)
class ColumnEntry:
    """One engine version on one provider's machines."""

    engine: Text
    provider: Text


@dataclass(frozen=True, config=OPEN)
class CountsEntry:
    """Trials. Those that are unknown, broken or skipped are no evidence."""

    held: Number
    refuted: Number
    varied: Number
    unknown: Number
    broken: Number
    skipped: Number


@dataclass(frozen=True, config=OPEN)
class Summary:
    """How many claims there are of each finding, and how many that are not as expected."""

    held: Number
    refuted: Number
    varied: Number
    not_checked: Annotated[Number, Field(alias="not checked")]
    unexpected: Number


@dataclass(frozen=True, config=OPEN)
class Summaries:
    """Of claims proper, and of known troubles."""

    claim: Summary
    trouble: Summary


@dataclass(frozen=True, config=OPEN)
class ComparisonEntry:
    """What a scenario said, in its words."""

    expected: Text
    observed: Text


@dataclass(frozen=True, config=OPEN)
class SightingEntry:
    """One thing that was seen."""

    outcome: Outcome
    times: Annotated[int, Field(description="In how many trials the same was seen.", ge=1)]
    run: Annotated[Text, Field(description="Id of the newest run that has it.")]
    trial: int | None
    verdicts: tuple[ComparisonEntry, ...]


@dataclass(frozen=True, config=OPEN)
class Scenario:
    """All trials of one scenario in one column."""

    name: Annotated[Text, Field(description="The scenario's id, with the case of its parameters.")]
    title: Text
    counts: CountsEntry
    held_share_95: HeldShare
    reason: Annotated[Text, Field(description="Why it is no evidence, else empty.")]
    command: Annotated[Text, Field(description="Repeats it, in a shell in the checkout.")]
    sightings: Annotated[tuple[SightingEntry, ...], Field(description="The newest few of each outcome.")]
    untold: Annotated[Number, Field(description="How many trials saw something that is not among the sightings.")]


@dataclass(frozen=True, config=OPEN)
class CellEntry:
    """One claim in one column."""

    engine: Text
    provider: Text
    finding: CellFinding
    expected: Outcome | None
    unexpected: bool
    depends_on_scenario: Annotated[bool, Field(description="It varies, and each scenario always says the same.")]
    reason: Annotated[Text, Field(description="Why it is not checked, else empty.")]
    counts: CountsEntry
    held_share_95: HeldShare
    scenarios: tuple[Scenario, ...]


@dataclass(frozen=True, config=OPEN)
class SourceEntry:
    """Where the claim is made."""

    title: Text
    url: Text


@dataclass(frozen=True, config=OPEN)
class ClaimEntry:
    """A public statement, and what was found. Of a known trouble, held means reproduced."""

    id: Text
    kind: Literal["claim", "trouble"]
    text: Text
    source: SourceEntry
    because: Annotated[Text, Field(description="Why it is expected so.")]
    out_of_reach: Annotated[Text, Field(description="Why no scenario can check it, else empty.")]
    finding: CellFinding
    unexpected: bool
    cells: Annotated[tuple[CellEntry, ...], Field(description="One for each column, in the same order.")]


@dataclass(frozen=True, config=OPEN)
class RunEntry:
    """A session that the findings are from."""

    id: Text
    started: Annotated[Text, Field(description="ISO 8601, UTC.")]
    seconds: Annotated[float, Field(ge=0)]
    provider: Text
    engine: Text
    managers: Number
    workers: Number
    swarmdrill: Text
    host: HostRecord
    scenarios: Annotated[Number, Field(description="How many scenario runs it has.")]


@dataclass(frozen=True, config=OPEN)
class Table:
    """All of it."""

    columns: Annotated[tuple[ColumnEntry, ...], Field(description="What claims were checked on, older engines first.")]
    summary: Summaries
    claims: Annotated[
        tuple[ClaimEntry, ...],
        Field(description="Every claim of the registry: those proper first, then known troubles."),
    ]
    runs: Annotated[tuple[RunEntry, ...], Field(description="Oldest first.")]
    strays: Annotated[
        tuple[Text, ...], Field(description="Ids that stored verdicts name and the registry does not have.")
    ]
