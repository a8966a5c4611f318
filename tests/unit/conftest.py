"""What several unit tests need."""

from pathlib import Path

import pytest

from pretended.engine import PretendedEngine
from swarmdrill.host import client


@pytest.fixture(autouse=True)
def no_client_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever set-up took as the docker client of this checkout, tests pretend theirs in PATH."""
    monkeypatch.setattr(client, "link", lambda: tmp_path / "nothing-chosen" / "docker")


@pytest.fixture
def pretended_engine() -> PretendedEngine:
    """An engine of a manager1 that answers with what a test says there is."""
    return PretendedEngine("manager1")
