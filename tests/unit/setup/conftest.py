"""A host that set-up looks at: one without KVM."""

from pathlib import Path

import pytest

from swarmdrill.base import places
from swarmdrill.host import acceleration


@pytest.fixture(autouse=True)
def host_without_kvm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is remembered of it, and no kernel is there to try."""
    (tmp_path / "boot_id").write_text("7c5b\n")
    monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path / "state"))
    for name in ("BOOT_ID", "KVM", "CPUINFO"):
        monkeypatch.setattr(acceleration, name, tmp_path / name.lower())
