"""A user's own file of scenarios has what a scenario needs, and can have its own instead."""

from pathlib import Path

import pytest

from pretended.drills import Session, drill

ASKS = """
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.workload.stack import Stack
from swarmdrill.workload.tutorial import COMPOSE, INDEX


@scenario(id="has-both", title="It has both")
def test_has_both(procedure, stack):
    assert type(procedure) is DocumentProcedure
    assert (stack.name, stack.compose_file.read_text()) == ("test", COMPOSE)
    assert (stack.compose_file.parent / "index.html").read_text() == INDEX
"""
OVERRIDES = """
import pytest
from swarmdrill.pytestplugin.markers import scenario

@pytest.fixture
def procedure():
    return "ours"

@pytest.fixture
def stack():
    return "our stack"

@pytest.fixture
def cluster():
    return "our cluster"

@scenario(id="has-its-own", title="It has its own")
def test_has_its_own(cluster, procedure, stack):
    assert (cluster, procedure, stack) == ("our cluster", "ours", "our stack")
"""


def run(directory: Path, text: str, *arguments: str, **environment: str) -> Session:
    """A drill of these scenarios alone."""
    (directory / "test_ours.py").write_text(text, encoding="utf-8")
    return drill(directory, "test_ours.py", "--deselect=test_it.py", *arguments, **environment)


@pytest.mark.parametrize("text", [ASKS, OVERRIDES])
def test_it_has_procedure_and_stack_or_its_own(tmp_path: Path, text: str) -> None:
    found = run(tmp_path, text)
    assert found.status == 0, found.text
    assert [each["status"] for each in found.scenarios().values()] == ["passed"]
