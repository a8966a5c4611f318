"""What a scenario is as pytest's item: its title, its name without the trial, its lab, how long it may take."""

import dataclasses
import re
from typing import Any

import pytest

from swarmdrill.base.settings import Settings

TRIAL = "trial"
# Seconds on containers, by estimate: what every scenario does, and an election after each restart of all managers.
BASE_SECONDS = 15.0
RESTART_SECONDS = 20.0
# To take a lab down and boot another while nine others drill on two cores (docs/results, 2026-11-24). Elsewhere it is
# less: to expect too much hardly changes how early a drill ends, to expect too little does (test_dealing.py).
LAB_SECONDS = 100.0


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


def claims_of(item: pytest.Item) -> tuple[str, ...]:
    """The claims that the scenario checks: its case's, where `claims` marks that, else all that it names."""
    marker = item.get_closest_marker("claims") or item.get_closest_marker("scenario")
    return tuple(marker.args) if marker else ()


def settings_for(item: pytest.Item, settings: Settings) -> Settings:
    """What the run was asked for, with the machines that the scenario needs: how many, and with which engine.

    Raises UsageProblem where the run's engine is in no catalogue.
    """
    marker = item.get_closest_marker("shape")
    wanted = marker.kwargs if marker else {}
    return dataclasses.replace(
        settings, **{name: value(settings.engine) if callable(value) else value for name, value in wanted.items()}
    )


def shape_of(item: pytest.Item, settings: Settings) -> str:
    """In what the scenario's lab differs from what the run was asked for, `managers=5`; "" where it does not."""
    asked, wanted = dataclasses.asdict(settings), dataclasses.asdict(settings_for(item, settings))
    return " ".join(f"{name}={value}" for name, value in sorted(wanted.items()) if value != asked[name])


def estimated_seconds(item: pytest.Item) -> float:
    """How long the scenario will probably take where no earlier run is known: by the restarts that its marker states.

    The boot of its lab is not in it.
    """
    marker = item.get_closest_marker("scenario")
    return BASE_SECONDS + RESTART_SECONDS * float(marker.kwargs.get("restarts", 0) if marker else 0)
