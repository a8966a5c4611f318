"""What a scenario is as pytest's item: its title, its name without the trial, its lab, how long it may take."""

import dataclasses
import re
from typing import Any

import pytest

from swarmdrill.base.messages import Message, quoted, said
from swarmdrill.base.settings import Settings
from swarmdrill.pytestplugin.markers import CASE_MARKER, MARKER, About, AboutCase

TRIAL = "trial"
CLUSTER = "cluster"
PROCEDURE = "procedure"
# Seconds on containers, by estimate: what every scenario does, and an election after each restart of all managers.
BASE_SECONDS = 15.0
RESTART_SECONDS = 20.0
# Seconds to take a lab down and boot another, while nine others drill on two cores (docs/results, 2026-11-24). It takes
# less elsewhere. Too high a value hardly delays the end of a drill; too low a value does (test_scheduler.py).
LAB_SECONDS = 100.0


def about_of(item: pytest.Item) -> About | None:
    """What the scenario says of itself; None where the item is no scenario."""
    marker = item.get_closest_marker(MARKER)
    return marker.args[0] if marker and marker.args and isinstance(marker.args[0], About) else None


def title_of(item: pytest.Item) -> Message:
    """What a person reads for the scenario: its title and the parameters, without the trial."""
    about, case = about_of(item), case_of(item)
    title = about.title if about else quoted(item.name)
    return said("{title}: {case}", title=title, case=case) if case else title


def case_of(item: pytest.Item) -> str:
    """The ids of the item's parameters, without the trial; empty where it has none."""
    callspec: Any = getattr(item, "callspec", None)
    return without_trial(f"[{callspec.id}]", trial_of(item))[1:-1] if callspec else ""


def trial_of(item: pytest.Item) -> int | None:
    """Which trial of its scenario the item is, from 1; None where scenarios run once."""
    callspec: Any = getattr(item, "callspec", None)
    return callspec.params.get(TRIAL) if callspec else None


def name_of(item: pytest.Item) -> str:
    """What results keep the scenario under, the same for all trials: `restore-one[leader]`.

    It has no path in it, so that files can be moved. An item that is no scenario is kept under its node id.
    """
    about, case = about_of(item), case_of(item)
    if about is None:
        return without_trial(item.nodeid, trial_of(item))
    return f"{about.id}[{case}]" if case else about.id


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
    """The claims that the scenario checks: its case's, where that names some, else all that it names."""
    about, row = about_of(item), _row_of(item)
    if row and row.claims is not None:
        return row.claims
    return about.claims if about else ()


def needs_of(item: pytest.Item) -> tuple[str, ...]:
    """What the machines must have."""
    about = about_of(item)
    return about.needs if about else ()


def needs_cluster(item: pytest.Item) -> bool:
    """Whether it is a scenario, or asks for this plugin's fixture `cluster` and not for another one of that name."""
    return bool(about_of(item)) or _gets(item, CLUSTER)


def is_given_a_procedure(item: pytest.Item) -> bool:
    """Whether it drills the procedure that the run was asked for, and not one of a fixture of its own."""
    return _gets(item, PROCEDURE)


def wants_the_document(item: pytest.Item) -> bool:
    """Whether it goes through the steps of the document's procedure: it says so by the type, `DocumentProcedure`."""
    type_ = getattr(getattr(item, "function", None), "__annotations__", {}).get(PROCEDURE)
    return getattr(type_, "__name__", type_) == "DocumentProcedure"


def _gets(item: pytest.Item, fixture: str) -> bool:
    """Whether it asks for this plugin's fixture of that name."""
    if fixture not in getattr(item, "fixturenames", ()):
        return False
    fixtures = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {}).get(fixture)
    return fixtures is not None and fixtures[-1].func.__module__ == "swarmdrill.pytestplugin.fixtures"


def settings_for(item: pytest.Item, settings: Settings) -> Settings:
    """What the run was asked for, with the machines that the scenario needs: how many, and with which engine.

    Raises UsageProblem where the run's engine is in no catalogue.
    """
    about, row = about_of(item), _row_of(item)
    shapes = [each.shape.given() for each in (about, row) if each and each.shape]
    wanted = {name: value for shape in shapes for name, value in shape.items()}
    return dataclasses.replace(
        settings, **{name: value(settings.engine) if callable(value) else value for name, value in wanted.items()}
    )


def _row_of(item: pytest.Item) -> AboutCase | None:
    """What the item's parameters say of themselves."""
    marker = item.get_closest_marker(CASE_MARKER)
    return marker.args[0] if marker else None


def shape_of(item: pytest.Item, settings: Settings) -> str:
    """In what the scenario's lab differs from what the run was asked for, `managers=5`; "" where it does not."""
    asked, wanted = dataclasses.asdict(settings), dataclasses.asdict(settings_for(item, settings))
    return " ".join(f"{name}={value}" for name, value in sorted(wanted.items()) if value != asked[name])


def estimated_seconds(item: pytest.Item) -> float:
    """How long the scenario will probably take where no earlier run is known: by the restarts that it states.

    The boot of its lab is not in it.
    """
    about = about_of(item)
    return BASE_SECONDS + RESTART_SECONDS * (about.restarts if about else 0)
