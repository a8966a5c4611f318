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
    monkeypatch.delenv("TMPDIR")
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
    monkeypatch.delenv("TMPDIR")
    with pytest.raises(UsageProblem, match="no directory for temporary files can be written"):
        resources.require_scratch()


def test_the_working_directory_is_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Python takes it where all others are full: sockets would lie in a repository."""
    monkeypatch.setattr(tempfile, "tempdir", str(Path.cwd()))
    monkeypatch.delenv("TMPDIR")
    with pytest.raises(UsageProblem, match="no directory for temporary files can be written"):
        resources.require_scratch()


def test_what_was_asked_for_is_not_exchanged_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/elsewhere")
    monkeypatch.setenv("TMPDIR", "/full")
    with pytest.raises(UsageProblem, match="TMPDIR=/full cannot be written: free some space in it, or set TMPDIR"):
        resources.require_scratch()
