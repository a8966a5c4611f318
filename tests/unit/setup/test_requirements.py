"""What the table of requirements asks for, by provider and by who asks."""

import os

import pytest

from swarmdrill.host import acceleration
from swarmdrill.setup import requirements


@pytest.mark.parametrize("provider", ["libvirt", "virtualbox"])
@pytest.mark.parametrize(("user", "asked"), [(0, False), (1000, True)])
def test_a_disk_is_filled_by_root_or_with_fakeroot(
    monkeypatch: pytest.MonkeyPatch, provider: str, user: int, asked: bool
) -> None:
    """What a user's build of a box calls, set-up has to bring (machines/build/box.py)."""
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setattr(acceleration, "of_this_host", lambda: acceleration.emulation("no processor is asked here"))
    packages = [package for each in requirements.table(provider) for package in each.packages]
    assert ("fakeroot" in packages) is asked
