"""Where the engines' logs ended at one moment, and what they say since."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.together import on_each


@dataclass(frozen=True)
class LogMark:
    """A place in the engine's log of each machine: `positions` are bytes from its beginning, by machine.

    A log that is kept over an exchange of the engine goes on, so that a mark stays good.

    Example:
        mark = cluster.mark()
        cluster.start_docker()
        texts = mark.since()  # {"manager1": "time=... msg=...", ...}
    """

    positions: Mapping[Machine, int]

    @classmethod
    def now(cls, machines: Sequence[Machine]) -> "LogMark":
        """Where the logs of `machines` end now. Raises LabBroken when one cannot be reached."""
        ends = on_each(Machine.engine_log_position, machines)
        return cls({machine: ends[machine.name] for machine in machines})

    @property
    def machines(self) -> tuple[Machine, ...]:
        """Whose logs it is of."""
        return tuple(self.positions)

    def since(self) -> dict[str, str]:
        """What each machine's engine has logged since, by machine name; all are read at the same time."""
        return on_each(self.on, self.machines)

    def on(self, machine: Machine) -> str:
        """What the machine's engine has logged since; all of its log where the mark is not of that machine."""
        return machine.engine_log(self.positions.get(machine, 0))

    def earlier(self, size: int) -> "LogMark":
        """The mark `size` bytes before this one, or at the beginning of a log that is shorter."""
        return LogMark({machine: max(position - size, 0) for machine, position in self.positions.items()})

    def __or__(self, other: "LogMark") -> "LogMark":
        """Both marks as one; where both are of a machine, `other`'s place."""
        return LogMark({**self.positions, **other.positions})
