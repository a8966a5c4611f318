"""What a pytest that collected says of the scenarios, to the controller of parallel workers, which never collects."""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from swarmdrill.base.settings import Settings
from swarmdrill.base.stored import CLOSED
from swarmdrill.pytestplugin.items import estimated_seconds, name_of, settings_for, shape_of


@dataclass(frozen=True, config=CLOSED)
class Collected:
    """One scenario: the name that its results have, the shape of its lab (`items.shape_of`), machines, seconds.

    `machines` is how many the lab has, `seconds` what is expected where no earlier run is known; 0 if it is skipped.
    """

    name: str
    shape: str
    machines: int
    seconds: float


_STORED: TypeAdapter[Mapping[str, Collected]] = TypeAdapter(Mapping[str, Collected])


def of(item: pytest.Item, settings: Settings) -> Collected:
    """What is to be said of the item. One that is skipped needs no lab of its own."""
    if item.get_closest_marker("skip"):
        return Collected(name_of(item), "", settings.managers + settings.workers, 0.0)
    lab = settings_for(item, settings)
    return Collected(name_of(item), shape_of(item, settings), lab.managers + lab.workers, estimated_seconds(item))


def write(found: Mapping[str, Collected], path: Path) -> None:
    """Write what was collected, by node id, at once: several workers write the same. Nothing where that fails."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        unfinished.write_bytes(_STORED.dump_json(found))
        unfinished.replace(path)


def read(path: Path) -> dict[str, Collected]:
    """What was collected, by node id; empty where nobody wrote it."""
    try:
        return dict(_STORED.validate_json(path.read_bytes()))
    except (OSError, ValueError):
        return {}
