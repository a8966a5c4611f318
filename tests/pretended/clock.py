"""Time that passes only while somebody waits: a wait comes to the same on a busy machine as on an idle one."""

from math import ceil
from types import SimpleNamespace

import pytest

from swarmdrill.base import waiting


class PretendedTime:
    """Passes only while someone sleeps; `slept` has every pause."""

    def __init__(self) -> None:
        self._nanoseconds = 10**12
        self.slept: list[float] = []

    @property
    def now(self) -> float:
        """In seconds."""
        return self._nanoseconds / 1e9

    @now.setter
    def now(self, seconds: float) -> None:
        self._nanoseconds = round(seconds * 1e9)

    def sleep(self, seconds: float) -> None:
        """Let that much of it pass."""
        self.slept.append(seconds)
        # As a real pause, never shorter than was asked: a sum of seconds can be, by its rounding.
        self._nanoseconds += ceil(seconds * 1e9) + 1 if seconds else 0


def pretend(monkeypatch: pytest.MonkeyPatch) -> PretendedTime:
    """Let all waits of this test go by a time that is pretended."""
    clock = PretendedTime()
    monkeypatch.setattr(waiting, "time", SimpleNamespace(monotonic=lambda: clock.now, sleep=clock.sleep))
    return clock
