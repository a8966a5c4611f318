"""Fixtures that several unit tests share."""

from pathlib import Path

import pytest
from pretended_docker import PretendedDocker


@pytest.fixture
def pretended_docker(tmp_path: Path) -> PretendedDocker:
    """A docker client that answers with what a test says there is."""
    return PretendedDocker(tmp_path)
