"""The names under which results are kept, and what they were before scenarios had ids of their own.

A scenario's name is its id and the case: `restore-one[leader]`. Until swarmdrill 0.1 it was pytest's node id, which has
the file in it. Stored results keep what was written; `former_names.toml` says what it means today.
"""

import tomllib
from functools import cache
from pathlib import Path

FORMER_NAMES = Path(__file__).with_name("former_names.toml")


@cache
def former_names() -> dict[str, str]:
    """The ids of scenarios by their former node ids, without the case."""
    names: dict[str, str] = tomllib.loads(FORMER_NAMES.read_text(encoding="utf-8"))["scenario"]
    return names


def current_name(stored: str) -> str:
    """What a stored name is called today: `scenarios/test_a.py::test_a[leader]` is `a[leader]`."""
    node, bracket, case = stored.partition("[")
    return f"{former_names().get(node, node)}{bracket}{case}"


def id_of(name: str) -> str:
    """The scenario's id, without the case."""
    return name.partition("[")[0]
