"""The Docker Engine versions that nodes can have, read from `nodes/engines.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said

CATALOGUE = Path(__file__).parents[1] / "nodes" / "engines.toml"


@dataclass(frozen=True)
class EngineRelease:
    """One version of Docker Engine and where it comes from: a Debian suite and its packages."""

    version: str
    suite: str
    packages: tuple[str, ...]
    expired_release_ok: bool


def releases() -> dict[str, EngineRelease]:
    """All releases by version, in the order of the catalogue (oldest first)."""
    table = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    return {
        version: EngineRelease(
            version=version,
            suite=entry["suite"],
            packages=tuple(entry["packages"]),
            expired_release_ok=entry.get("expired_release_ok", False),
        )
        for version, entry in table["engine"].items()
    }


def release(version: str) -> EngineRelease:
    """The release of that version. Raises UsageProblem that lists the versions there are."""
    known = releases()
    if version not in known:
        raise UsageProblem(
            said("Docker Engine '{version}' is in no catalogue; choose one of {known:,}", version=version, known=known)
        )
    return known[version]
