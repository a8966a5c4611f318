"""A restart of all managers: where their logs stood, who stood for election first, and what the model allows."""

from collections.abc import Mapping
from dataclasses import dataclass

from harness import trace
from harness.cluster import Cluster
from harness.errors import LabBroken
from harness.machine import Machine
from harness.raft.elections import Event, StartPosition, events, first_candidate, starts
from harness.raft.model import Prediction, predict

# What a manager's log holds, by its name: "the old state" or "the newest state".
Histories = Mapping[str, str]


@dataclass(frozen=True)
class Restart:
    """What the engines' logs say of the last start of every manager, by machine name."""

    positions: Mapping[str, StartPosition]
    first: str | None

    def prediction(self, histories: Histories) -> Prediction:
        """What the model says can follow from where the logs stood."""
        return predict({name: position.log(histories[name]) for name, position in self.positions.items()})

    def factors(self, histories: Histories) -> Mapping[str, str]:
        """What may tell one outcome from another: who stood first, and how far apart the logs are."""
        oldest = min(self.positions.values(), key=_newness)
        newest = max(self.positions.values(), key=_newness)
        return {
            "first candidate": f"a manager with {histories[self.first]}" if self.first else "nobody",
            "terms between the logs": str(newest.last_term - oldest.last_term),
            "entries between the logs": str(newest.last_index - oldest.last_index),
        }


def _newness(position: StartPosition) -> tuple[int, int]:
    return position.last_term, position.last_index


def mark(cluster: Cluster) -> Mapping[str, int]:
    """Where every engine's log ends now, in bytes; what `read` wants to know."""
    return cluster.on_each(Machine.engine_log_position, cluster.managers)


def read(cluster: Cluster, since: Mapping[str, int]) -> Restart:
    """Read the managers' last start, and the elections after it, from their engines' logs.

    Raises LabBroken where an engine's log says nothing of a start.
    """
    texts = cluster.on_each(lambda machine: machine.engine_log(since[machine.name]), cluster.managers)
    positions: dict[str, StartPosition] = {}
    seen: dict[str, tuple[Event, ...]] = {}
    for name, text in texts.items():
        found = starts(text)
        if not found:
            raise LabBroken(f"{name}'s engine log says nothing of a start of Raft")
        positions[name], seen[name] = found[-1], events(text)
    first = first_candidate(seen)
    lines = [
        f"{name}: term {at.term}, {at.last_index} entries to term {at.last_term}, {at.commit} committed"
        for name, at in positions.items()
    ]
    trace.observe("where the logs stood", "\n".join([*lines, f"first candidate: {first or 'none'}"]))
    return Restart(positions, first)
