"""Stored runs: where they are, and what they say together."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import PROCEDURES, Settings
from swarmdrill.results.claims import all_claims
from swarmdrill.results.matrix import Matrix, build
from swarmdrill.results.records import read

# In a checkout; a wheel brings no documentation, and no stored runs.
DOCS = (places.CHECKOUT or places.PACKAGE) / "docs"
# Runs that are worth keeping are committed here; those of this machine are among its reports.
KEPT = DOCS / "results"


def collect(directories: Iterable[Path], procedure: str = PROCEDURES[0]) -> Matrix:
    """All runs of a procedure that are stored in the directories, set against the registry.

    Raises UsageProblem for a bad file.
    """
    files = [path for directory in directories for path in sorted(directory.glob("*.json"))]
    return build(all_claims().values(), [read(path) for path in files], procedure)


def longest_seconds(directories: Iterable[Path], provider: str, newest: int = 5) -> dict[str, float]:
    """How long each scenario took at most, by name, of the `newest` times that it ended, in each directory's runs.

    Only runs on machines of that provider count. Files that are no stored runs are left out.
    """
    seconds: dict[str, float] = {}
    for directory in directories:
        times: Counter[str] = Counter()
        for path in sorted(directory.glob(f"*Z-{provider}-*.json"), reverse=True):
            try:
                stored = read(path)
            except UsageProblem:
                continue
            for each in reversed(stored.scenarios):
                if each.status in ("passed", "failed") and times[each.name] < newest:
                    times[each.name] += 1
                    seconds[each.name] = max(each.seconds, seconds.get(each.name, 0.0))
    return seconds


def stored_runs(settings: Settings) -> Path:
    """Where the results of sessions are kept, from run to run."""
    return settings.reports_dir / "results"
