"""What the scenarios share: the document's stack and its procedure."""

from pathlib import Path

import pytest

from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.workload.stack import Stack
from swarmdrill.workload.tutorial import write_compose_file, write_index


@pytest.fixture
def procedure() -> DocumentProcedure:
    """The document's way to back up and restore."""
    return DocumentProcedure()


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    """The document's stack, its files written (steps 1 and 2)."""
    write_index(tmp_path)
    return Stack("test", write_compose_file(tmp_path))
