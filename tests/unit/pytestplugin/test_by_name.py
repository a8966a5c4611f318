"""A procedure by `--procedure`, a fault by the fixture `faults`: of swarmdrill, and of a package beside it."""

import os
from pathlib import Path

import pytest

from pretended import ROOT
from pretended.distribution import install
from pretended.drills import Session, drill
from swarmdrill.base import plugins

PROCEDURES = """
class Nightly:
    def backup(self, cluster): ...
    def restore(self, cluster, backup, *, only=None): ...

class Half:
    def backup(self, cluster): ...

def kept():
    from swarmdrill.procedures.document import DocumentProcedure
    return DocumentProcedure()
"""
SCENARIOS = """
import pytest
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import scenario


@scenario(id="any", title="Any procedure")
def test_any(procedure: Procedure):
    print("drilled:", type(procedure).__name__)


@scenario(id="steps", title="The document's steps")
def test_steps(procedure: DocumentProcedure):
    print("steps:", type(procedure).__name__)


@scenario(id="none", title="No procedure")
def test_none():
    pass
"""
OWN = """
import pytest
from swarmdrill.pytestplugin.markers import scenario

@pytest.fixture
def procedure():
    return "ours"

@scenario(id="own", title="One of its own")
def test_own(procedure):
    assert procedure == "ours"
"""
FAULTS = """
from swarmdrill.base.messages import said

class Clock:
    name = "clock-stopped"
    def available(self, cluster):
        return None
    def inject(self, cluster, victims):
        print("stopped on", cluster, victims)

class Meteor(Clock):
    name = "meteor"
    def available(self, cluster):
        return said("these machines have a roof")
"""
BREAKS = """
import pytest
from swarmdrill.pytestplugin.markers import scenario

@pytest.fixture
def cluster():
    return "a cluster"

@scenario(id="breaks", title="It breaks")
@pytest.mark.parametrize("name", ["clock-stopped", "meteor", "metoer"])
def test_breaks(cluster, faults, name):
    faults(name).inject(cluster, ["manager1"])
"""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where their packages are installed."""
    points = "nightly = theirs:Nightly\nhalf = theirs:Half\nkept = theirs:kept"
    site = tmp_path / "site"
    install(site, monkeypatch, group=plugins.PROCEDURES, points=points, code=PROCEDURES)
    points = "clock-stopped = broken:Clock\nmeteor = broken:Meteor"
    install(site, monkeypatch, group=plugins.FAULTS, points=points, code=FAULTS, package="broken")
    return site


def run(site: Path, text: str, *arguments: str) -> Session:
    work = site.parent / "work"
    work.mkdir()
    (work / "test_theirs.py").write_text(text, encoding="utf-8")
    path = os.pathsep.join((str(ROOT / "harness"), str(site)))
    return drill(work, "test_theirs.py", "--deselect=test_it.py", "-s", *arguments, PYTHONPATH=path)


def told(session: Session) -> dict[str, tuple[str, str]]:
    """Each scenario's status and procedure, as they are stored."""
    return {name: (each["status"], each["procedure"]) for (name, _), each in session.scenarios().items()}


def environment(session: Session) -> str:
    return (session.reports / "allure-results" / "environment.properties").read_text(encoding="utf-8")


def test_it_is_the_documents_where_nothing_is_said(site: Path) -> None:
    found = run(site, SCENARIOS)
    assert "drilled: DocumentProcedure" in found.text
    assert told(found) == {"any": ("passed", "document"), "steps": ("passed", "document"), "none": ("passed", "")}
    assert "procedure=document" in environment(found).replace(" ", "")
    assert not [each for result in found.allure() for each in result["parameters"] if each["name"] == "procedure"]


@pytest.mark.parametrize("workers", [(), ("-n1",)])
def test_one_of_another_package_is_drilled_and_named(site: Path, workers: tuple[str, ...]) -> None:
    found = run(site, SCENARIOS, "--procedure=nightly", *workers)
    assert found.status == 0, found.text
    assert workers or "drilled: Nightly" in found.text
    assert told(found) == {"any": ("passed", "nightly"), "steps": ("skipped", "nightly"), "none": ("passed", "")}
    reason = "goes through the document's steps, which the procedure nightly has not"
    assert found.scenarios()["steps", None]["reason"].endswith(reason)
    assert "procedure=nightly" in environment(found).replace(" ", "")
    named = [each["value"] for result in found.allure() for each in result["parameters"] if each["name"] == "procedure"]
    assert "'nightly'" in named or "nightly" in named


def test_one_that_is_the_documents_with_other_steps_is_skipped_nowhere(site: Path) -> None:
    found = run(site, SCENARIOS, "--procedure=kept")
    assert told(found) == {"any": ("passed", "kept"), "steps": ("passed", "kept"), "none": ("passed", "")}


def test_a_fixture_of_ones_own_comes_first_and_is_not_called_by_that_name(site: Path) -> None:
    found = run(site, OWN, "--procedure=nightly")
    assert told(found) == {"own": ("passed", "")}
    assert "procedure" not in environment(found)


@pytest.mark.parametrize("workers", [(), ("-n1",)])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nigthly", "--procedure 'nigthly': choose one of document, from-one, hot, rolling, half, kept, nightly"),
        ("half", "half is no procedure: it needs backup(cluster) and restore(cluster, backup, only=None)"),
    ],
)
def test_one_that_is_none_is_a_usage_error(site: Path, name: str, said: str, workers: tuple[str, ...]) -> None:
    found = run(site, SCENARIOS, f"--procedure={name}", *workers)
    assert found.status == pytest.ExitCode.USAGE_ERROR, found.text
    assert said in found.text
    assert "Traceback" not in found.text


def test_a_fault_is_got_by_its_name(site: Path) -> None:
    found = run(site, BREAKS)
    how = {name: (each["status"], each["reason"]) for (name, _), each in found.scenarios().items()}
    assert "stopped on a cluster ['manager1']" in found.text
    assert how["breaks[clock-stopped]"] == ("passed", "")
    assert how["breaks[meteor]"][0] == "skipped"
    assert how["breaks[meteor]"][1].endswith("fault meteor: these machines have a roof")
    assert how["breaks[metoer]"][0] == "broken"
    assert "there is no metoer; there are clock-stopped, disk-full, engines-killed" in how["breaks[metoer]"][1]
