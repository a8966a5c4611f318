"""What several unit tests need."""

import pytest

from pretended.engine import PretendedEngine


@pytest.fixture
def pretended_engine() -> PretendedEngine:
    """An engine of a manager1 that answers with what a test says there is."""
    return PretendedEngine("manager1")
