"""A host without room for temporary files is told so before anything is booted."""

import shutil
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from swarmdrill.base.errors import UsageProblem
from swarmdrill.host import resources


def test_with_room_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=resources.SCRATCH_BYTES))
    resources.require_scratch()


def test_a_full_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/small")
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: SimpleNamespace(free=1_000_000 if path == Path("/small") else 0)
    )
    with pytest.raises(UsageProblem) as refused:
        resources.require_scratch()
    assert str(refused.value) == (
        "/small has 1 MB free for temporary files, 50 are needed: free some space, or set TMPDIR to another directory"
    )


def test_no_place_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    def gettempdir() -> str:
        raise FileNotFoundError(2, "No usable temporary directory found in ['/tmp']")

    monkeypatch.setattr(tempfile, "gettempdir", gettempdir)
    with pytest.raises(UsageProblem, match="no directory for temporary files can be written"):
        resources.require_scratch()
