"""The procedure in docs/scenarios.md is one: it is made from the page, and what it types is looked at."""

import re
from typing import Any

import pytest

from pretended import ROOT
from pretended.cluster import PretendedRemote, machine
from swarmdrill.backup.backup import Backup
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.faulty import InterruptedCopy
from swarmdrill.procedures.unlocking import Unlocking

PAGE = ROOT / "docs" / "scenarios.md"


@pytest.fixture
def example() -> dict[str, Any]:
    """What the page's code makes, by name."""
    section = PAGE.read_text(encoding="utf-8").partition("## A procedure of your own")[2]
    (code,) = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    made: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), made)
    return made


def test_it_is_a_procedure_that_types_what_the_page_says(example: dict[str, Any]) -> None:
    procedure = example["keep_old"]()
    assert isinstance(procedure, DocumentProcedure)
    manager = machine("manager1")
    procedure.steps.copy_away(manager)
    procedure.steps.delete(manager)
    procedure.steps.copy_back(manager, Backup("/var/lib/docker/swarm-bk", {}))
    assert isinstance(manager.remote, PretendedRemote)
    assert manager.remote.commands == [
        "cp -r /var/lib/docker/swarm /var/lib/docker/swarm-bk",
        "rm -rf /var/lib/docker/swarm.old && mv /var/lib/docker/swarm /var/lib/docker/swarm.old",
        "cp -a /var/lib/docker/swarm-bk /var/lib/docker/swarm",
    ]


def test_its_steps_compose_as_the_page_says(example: dict[str, Any]) -> None:
    manager = machine("manager1")
    steps = Unlocking(InterruptedCopy(example["KeepOld"](example["DocumentSteps"]()), manager), "SWMKEY-1-x")
    steps.copy_back(manager, Backup("/backup", {}))
    steps.delete(manager)
    assert isinstance(manager.remote, PretendedRemote)
    interrupted, kept = manager.remote.commands
    assert "ulimit -f" in interrupted
    assert kept.endswith("mv /var/lib/docker/swarm /var/lib/docker/swarm.old")
