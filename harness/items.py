"""What a scenario is as pytest's item: its title, its name without the trial, and how long it may take."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

TRIAL = "trial"
# Seconds on containers, by estimate: what every scenario does, an election after each restart of all managers, and
# another lab where the scenario needs one of a shape of its own.
BASE_SECONDS = 15.0
RESTART_SECONDS = 20.0
LAB_SECONDS = 25.0


def title_of(item: pytest.Item) -> str:
    """What a person reads for the scenario: the marker's title and the parameters, without the trial."""
    marker = item.get_closest_marker("scenario")
    title = str(marker.kwargs["title"]) if marker else item.name
    callspec: Any = getattr(item, "callspec", None)
    case = without_trial(f"[{callspec.id}]", trial_of(item))[1:-1] if callspec else ""
    return f"{title}: {case}" if case else title


def trial_of(item: pytest.Item) -> int | None:
    """Which trial of its scenario the item is, from 1; None where scenarios run once."""
    callspec: Any = getattr(item, "callspec", None)
    return callspec.params.get(TRIAL) if callspec else None


def name_of(item: pytest.Item) -> str:
    """The node id of the scenario, the same for all trials of it."""
    return without_trial(item.nodeid, trial_of(item))


def trial_in(nodeid: str) -> int | None:
    """The trial that a node id ends with, where there is no item to ask."""
    match = re.search(rf"[\[-]{TRIAL}(\d+)\]$", nodeid)
    return int(match[1]) if match else None


def without_trial(nodeid: str, trial: int | None) -> str:
    """`test_a[leader-trial3]` is `test_a[leader]`, and `test_a[trial3]` is `test_a`."""
    if trial is None:
        return nodeid
    rest = nodeid.removesuffix(f"{TRIAL}{trial}]")
    return f"{rest[:-1]}]" if rest.endswith("-") else rest.removesuffix("[")


def expected_seconds(item: pytest.Item, known: Mapping[str, float]) -> float:
    """How long the item will probably take: as long as last time, else by the restarts that its marker states."""
    if item.get_closest_marker("skip"):
        return 0.0
    if (name := name_of(item)) in known:
        return known[name]
    marker = item.get_closest_marker("scenario")
    restarts = float(marker.kwargs.get("restarts", 0)) if marker else 0.0
    lab = LAB_SECONDS if item.get_closest_marker("shape") else 0.0
    return BASE_SECONDS + RESTART_SECONDS * restarts + lab
