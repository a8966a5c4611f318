"""The claims that scenarios check, by id, with their text and source; read from `claims.toml`."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from harness.errors import UsageProblem


@dataclass(frozen=True)
class Claim:
    """A public statement: `text` in this project's words, `source` and `url` where it is made."""

    id: str
    text: str
    source: str
    url: str


@cache
def all_claims() -> dict[str, Claim]:
    """Every claim by id, in the order of the file."""
    table = tomllib.loads(Path(__file__).with_name("claims.toml").read_text(encoding="utf-8"))
    return {
        id_: Claim(
            id_,
            entry["text"],
            table["source"][entry["source"]]["title"],
            table["source"][entry["source"]]["url"],
        )
        for id_, entry in table["claim"].items()
    }


def claim(id_: str) -> Claim:
    """The claim of that id. Raises UsageProblem that names the ids there are."""
    known = all_claims()
    if id_ not in known:
        raise UsageProblem(f"claim {id_!r} is in no registry (harness/claims.toml); there are {', '.join(known)}")
    return known[id_]
