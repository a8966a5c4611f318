"""The ids of swarmdrill's own scenarios are found by reading, all of them, and they alone are refused elsewhere."""

import time
from pathlib import Path

import pytest

from pretended import ROOT
from swarmdrill.base.errors import UsageProblem
from swarmdrill.pytestplugin.collecting import catalogue

SCENARIOS = ROOT / "scenarios"


def test_every_scenario_is_read() -> None:
    """A decorator that began with something else than its id would be missed."""
    decorators = sum(file.read_text().count("@scenario(") for file in SCENARIOS.rglob("test_*.py"))
    assert len(catalogue.ids(SCENARIOS)) == decorators > 50


def test_the_files_of_the_catalogue_have_their_ids() -> None:
    for id_, file in catalogue.ids(SCENARIOS).items():
        catalogue.require_another(id_, str(file), file)


def test_another_file_may_not_have_them(tmp_path: Path) -> None:
    own = SCENARIOS / "restore" / "test_full_flow.py"
    with pytest.raises(UsageProblem, match=rf"mine\.py:4: scenario 'full-flow' is also swarmdrill's, in {own}"):
        catalogue.require_another("full-flow", "mine.py:4", tmp_path / "mine.py")
    catalogue.require_another("a-flow-of-mine", "mine.py:4", tmp_path / "mine.py")
    (tmp_path / "mine.py").write_text('@scenario(\n    id="full-flow",\n    title="Mine")\ndef test_mine(): ...\n')
    with pytest.raises(UsageProblem, match="'full-flow'"):
        catalogue.require_others(tmp_path / "mine.py")


def test_reading_them_is_cheap() -> None:
    catalogue.ids.cache_clear()
    began = time.process_time()
    catalogue.ids(SCENARIOS)
    assert time.process_time() - began < 0.1
