"""What a pytest that collected says of the scenarios, to the controller of parallel workers, which never collects."""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from swarmdrill.base.settings import Settings
from swarmdrill.pytestplugin.items import estimated_seconds, name_of, settings_for, shape_of

# Names the file for a pytest that only collects. A worker is told by its controller.
VARIABLE = "SWARMDRILL_COLLECTED"


@dataclass(frozen=True)
class Collected:
    """One scenario: its node id without the trial, the shape of its lab (`items.shape_of`), machines, seconds.

    `machines` is how many the lab has, `seconds` what is expected where no earlier run is known; 0 if it is skipped.
    """

    name: str
    shape: str
    machines: int
    seconds: float


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
        unfinished.write_text(json.dumps({nodeid: asdict(each) for nodeid, each in found.items()}), encoding="utf-8")
        unfinished.replace(path)


def read(path: Path) -> dict[str, Collected]:
    """What was collected, by node id; empty where nobody wrote it."""
    try:
        return {nodeid: Collected(**each) for nodeid, each in json.loads(path.read_text(encoding="utf-8")).items()}
    except (OSError, ValueError):
        return {}
