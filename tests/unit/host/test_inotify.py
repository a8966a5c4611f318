"""Containers that run systemd share one limit of this host's: who would pass it is told before anything is booted."""

from pathlib import Path

import pytest

from swarmdrill.base.errors import UsageProblem
from swarmdrill.host import inotify


@pytest.fixture(autouse=True)
def usual(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel's usual limit on a small host."""
    monkeypatch.setattr(inotify, "LIMIT", tmp_path / "limit")
    inotify.LIMIT.write_text("128\n")


def test_the_usual_limit_is_enough_for_a_few_labs() -> None:
    inotify.require(26)
    assert inotify.machines() == 26


def test_more_are_refused_in_one_line_that_says_what_to_do() -> None:
    with pytest.raises(UsageProblem) as refused:
        inotify.require(27)
    assert str(refused.value).startswith(
        "27 machines that are containers need 132 inotify instances, and this host allows 128: run `"
    )
    assert "sysctl -w fs.inotify.max_user_instances=1024" in str(refused.value)


def test_set_up_has_something_to_do_until_there_are_enough() -> None:
    assert inotify.examine().problem == "128, which is enough for 26 machines; more of them need 1024"
    inotify.LIMIT.write_text("1024\n")
    assert inotify.examine().ok


def test_a_host_that_uses_up_everything_has_room_for_none() -> None:
    inotify.LIMIT.write_text("16\n")
    assert inotify.machines() == 0
