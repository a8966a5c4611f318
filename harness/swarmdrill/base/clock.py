"""Time-outs, stretched for slow machines."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """Scales every time-out of a run; `scale` is a factor, 1 for a machine of ordinary speed."""

    scale: float = 1.0

    def seconds(self, seconds: float) -> float:
        """`seconds` on this machine."""
        return seconds * self.scale
