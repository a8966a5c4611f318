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


CLAIMS = """
[source.runbook]
title = "Our runbook"
url = "https://runbook.example/backup"

[claim.OURS-1]
source = "runbook"
text = "A restore takes less than ten minutes."
"""
CHECKS = """
from swarmdrill.base.messages import said
from swarmdrill.observe.verdicts import expect
from swarmdrill.pytestplugin.markers import scenario


@scenario(id="checks-both", title="It checks both", claims=("OURS-1", "D5"))
def test_checks_both():
    expect(("OURS-1", "D5"), said("in time"), holds=True, observed=said("in time"))
"""


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    """In a directory of its own: an ini file names it from where it stands."""
    file = tmp_path / "claims.toml"
    file.write_text(CLAIMS, encoding="utf-8")
    return file


def told(claims: Path, way: str) -> tuple[tuple[str, ...], dict[str, str]]:
    """How a session is told of the file: arguments, and variables."""
    (claims.parent / "ours.ini").write_text("[pytest]\nswarmdrill_claims = claims.toml\n", encoding="utf-8")
    ways: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
        "option": ((f"--claims={claims}",), {}),
        "variable": ((), {"SWARMDRILL_CLAIMS": str(claims)}),
        "ini file": (("-c", str(claims.parent / "ours.ini")), {}),
        "workers": (("-c", str(claims.parent / "ours.ini"), "-n1"), {}),
    }
    return ways[way]


@pytest.mark.parametrize("way", ["option", "variable", "ini file", "workers"])
def test_claims_of_its_own_are_checked_beside_swarmdrills(tmp_path: Path, claims: Path, way: str) -> None:
    (tmp_path / "work").mkdir()
    arguments, variables = told(claims, way)
    found = run(tmp_path / "work", CHECKS, *arguments, **variables)
    assert found.status == 0, found.text
    (record,) = found.scenarios().values()
    assert {each["claim"]: each["outcome"] for each in record["verdicts"]} == {"OURS-1": "held", "D5": "held"}
    (result,) = found.allure()
    assert {"OURS-1: Our runbook"} <= {link["name"] for link in result["links"]}
    assert "**OURS-1** A restore takes less than ten minutes. (Our runbook)" in result["description"]


@pytest.mark.parametrize("way", ["option", "ini file", "workers"])
@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("text", "test", "claim 'OURS-1' in {file}: text: Field required"),
        ("title = ", "title ", "{file} cannot be read: Expected '=' after a key in a key/value pair (at line 3,"),
        ("OURS-1", "D5", "claim D5 in {file}: swarmdrill has that already; choose another name"),
    ],
)
def test_a_bad_file_of_claims_is_a_usage_error(
    tmp_path: Path, claims: Path, way: str, old: str, new: str, said: str
) -> None:
    (tmp_path / "work").mkdir()
    claims.write_text(CLAIMS.replace(old, new, 1), encoding="utf-8")
    arguments, variables = told(claims, way)
    found = run(tmp_path / "work", CHECKS, *arguments, **variables)
    assert found.status == pytest.ExitCode.USAGE_ERROR, found.text
    assert f"ERROR: {said.format(file=claims)}" in found.text
    assert "Traceback" not in found.text


def test_a_file_of_claims_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    found = run(tmp_path, CHECKS, "--claims=gone.toml")
    assert found.status == pytest.ExitCode.USAGE_ERROR, found.text
    assert found.text.strip() == "ERROR: --claims 'gone.toml': there is no such file"


def test_a_claim_in_neither_file_is_refused(tmp_path: Path, claims: Path) -> None:
    found = run(tmp_path, CHECKS.replace("OURS-1", "OURS-9"), f"--claims={claims}")
    assert found.status == pytest.ExitCode.INTERRUPTED, found.text
    assert f"claim OURS-9 is neither in results/claims.toml nor in {claims}" in found.text
