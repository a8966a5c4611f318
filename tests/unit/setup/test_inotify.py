"""Set-up raises the limit of inotify instances where it may, and says what to run where it may not."""

from pathlib import Path

import pytest

from pretended.programs import only_shims
from swarmdrill.host import inotify
from swarmdrill.setup import apt, steps
from swarmdrill.setup.engine import allow_many_machines


@pytest.fixture(autouse=True)
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's usual limit."""
    monkeypatch.setattr(inotify, "LIMIT", tmp_path / "limit")
    inotify.LIMIT.write_text("128\n")


def test_root_raises_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(apt, "privilege", lambda: ())
    allow_many_machines()
    assert inotify.limit() == inotify.ENOUGH
    assert "until the next start of this host" in capsys.readouterr().out


def test_a_user_with_sudo_raises_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sudo = only_shims(tmp_path / "bin", monkeypatch)("sudo", 'eval "$3"')
    monkeypatch.setattr(apt, "privilege", lambda: (str(sudo),))
    allow_many_machines()
    assert inotify.limit() == inotify.ENOUGH


def test_who_may_not_is_told_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apt, "privilege", lambda: None)
    with pytest.raises(steps.StepFailed, match="sudo sh -c 'echo 1024 > "):
        allow_many_machines()
    assert inotify.limit() == 128


def test_a_host_that_refuses_is_a_failed_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(apt, "privilege", lambda: ())
    monkeypatch.setattr(inotify, "LIMIT", tmp_path / "absent" / "limit")
    with pytest.raises(steps.StepFailed, match="No such file or directory"):
        allow_many_machines()
