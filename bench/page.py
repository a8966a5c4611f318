"""The stored measurement, `docs/measured/bench.json`, and the table that `docs/performance.md` has of it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass

from bench import figures
from bench.sides import ROOT, Checkout
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.stored import CLOSED, Text
from swarmdrill.base.text import between
from swarmdrill.host import facts
from swarmdrill.host.host import this_host
from swarmdrill.results.records import HostRecord

MEASURED = ROOT / "docs" / "measured" / "bench.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN = "<!-- bench: what follows is written by `make bench ARGS=--docs` -->"
END = "<!-- bench: end -->"
NEVER = "Not measured since this page is written by it."
Seconds = Annotated[float, Field(ge=0)]


@dataclass(frozen=True, config=CLOSED)
class Bench:
    """One run of `make bench`."""

    schema: Literal[1]
    started: Annotated[Text, Field(description="UTC, to the minute")]
    sides: Annotated[
        tuple[str, ...], Field(description="commits in the order of the table: the base, if there is one, then HEAD")
    ]
    rounds: Annotated[int, Field(ge=1)]
    host: HostRecord
    seconds: Annotated[
        Mapping[str, Mapping[str, tuple[Seconds, ...]]],
        Field(description="by side, by what was measured: seconds in the order of the rounds"),
    ]

    @classmethod
    def of(cls, checkouts: Sequence[Checkout], rounds: int, measured: figures.Measured) -> "Bench":
        """What is stored of a run that ends now."""
        return cls(
            schema=1,
            started=datetime.now(UTC).strftime("%Y-%m-%dT%H:%MZ"),
            sides=tuple(each.commit for each in checkouts),
            rounds=rounds,
            host=HostRecord(**facts.describe(this_host())),
            seconds={
                each.commit: {
                    name: tuple(round(value, 5) for value in values) for name, values in measured[each.name].items()
                }
                for each in checkouts
            },
        )


STORED = TypeAdapter(Bench)


def write(bench: Bench) -> None:
    """Store the run and write its table into the page. Raises UsageProblem for what is not committed."""
    if any(side.endswith("-dirty") for side in bench.sides):
        raise UsageProblem(said("what is measured for the documentation has to be committed first"))
    MEASURED.parent.mkdir(exist_ok=True)
    MEASURED.write_bytes(STORED.dump_json(bench, indent=2) + b"\n")
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8"), bench), encoding="utf-8")


def with_table(page: str, bench: Bench | None) -> str:
    """The page with the table of that run, or with the sentence that there is none."""
    return between(page, BEGIN, END, section(bench) if bench else NEVER)


def section(bench: Bench) -> str:
    """A run as the page has it."""
    base, head = bench.sides[:-1], bench.sides[-1]
    against = f" BASE={base[0]}" if base else ""
    # As in the table itself: what is not the base is HEAD.
    measured = {**{name: bench.seconds[name] for name in base}, "HEAD": bench.seconds[head]}
    return (
        f"`make bench{against} N={bench.rounds}` of {head} on {bench.started[:10]}, {bench.host.cores} cores, "
        f"{bench.host.memory_gib:.0f} GiB, {bench.host.system}, Docker Engine {bench.host.engine} on the host "
        f"([values](measured/{MEASURED.name})). Medians, with the lowest and the highest.\n\n"
        + figures.table(measured, [*base, "HEAD"])
    )


def stored(path: Path = MEASURED) -> Bench | None:
    """The run that is stored; None where there is none."""
    return STORED.validate_json(path.read_bytes()) if path.is_file() else None


def check() -> bool:
    """Whether the page has the table of the run that is stored."""
    page = PAGE.read_text(encoding="utf-8")
    return page == with_table(page, stored())
