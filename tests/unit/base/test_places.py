"""Where things are kept: in the checkout, beside somebody's own work, and where the user says."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pretended import ROOT
from swarmdrill.base import places
from swarmdrill.base.settings import Settings
from swarmdrill.machines.lab import default_lab


@pytest.fixture(autouse=True)
def _unsaid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(places.STATE_VARIABLE, raising=False)


@pytest.mark.parametrize("inside", [".", "scenarios", "tests/unit"])
def test_anywhere_in_the_checkout_is_the_checkout(monkeypatch: pytest.MonkeyPatch, inside: str) -> None:
    monkeypatch.chdir(ROOT / inside)
    assert places.project() == ROOT
    assert places.state() == ROOT / ".swarmdrill"
    assert Settings.read({}, lambda _: None).reports_dir == ROOT / "reports"


def test_elsewhere_it_is_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings.read({}, lambda _: None)
    assert (settings.reports_dir, settings.state_dir) == (tmp_path / "reports", tmp_path / ".swarmdrill")
    assert places.state() == tmp_path / ".swarmdrill"
    assert list(tmp_path.iterdir()) == [], "asking makes nothing"


def test_what_is_said_once_holds_for_this_process_and_its_children(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(places.STATE_VARIABLE, "")
    assert places.state() == tmp_path / ".swarmdrill", "an empty variable says nothing"
    places.keep_state_in(tmp_path / "my state")
    assert default_lab().directory == tmp_path / "my state" / "labs" / "default"
    ask = "from swarmdrill.base import places; print(places.state(), places.boxes())"
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "harness")}
    child = subprocess.run([sys.executable, "-c", ask], cwd="/", text=True, capture_output=True, env=environment)
    assert child.stdout == f"{tmp_path}/my state {tmp_path}/my state/boxes\n"


def test_only_code_below_harness_beside_a_project_file_is_a_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert places.CHECKOUT == ROOT
    assert places.scenarios() == ROOT / "scenarios"
    installed = tmp_path / "site-packages" / "swarmdrill"
    monkeypatch.setattr(places, "PACKAGE", installed)
    assert places._checkout() is None
    monkeypatch.setattr(places, "CHECKOUT", None)
    assert places.scenarios() == installed / "scenarios"
