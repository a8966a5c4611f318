"""A restart of all managers: where their logs stood, who stood for election first, and what the model allows."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from swarmdrill.base import trace
from swarmdrill.base.errors import ConditionNotMet, LabBroken
from swarmdrill.base.messages import Message, said
from swarmdrill.base.waiting import Answer, Done, NotYet
from swarmdrill.observe.held_states import Holds
from swarmdrill.raft.elections import StartPosition, events, first_candidate, starts
from swarmdrill.raft.model import Prediction, predict
from swarmdrill.raft.running import predict_running
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.logs import LogMark

START_SECONDS = 60
# What each manager's log holds, by the manager's name.
Histories = Mapping[str, Holds]


@dataclass(frozen=True)
class Restart:
    """What the engines' logs say of the last start of every manager, by machine name."""

    positions: Mapping[str, StartPosition]
    first: str | None

    def prediction(self, histories: Histories) -> Prediction:
        """What the model says can follow from where the logs stood."""
        return predict({name: position.log(histories[name]) for name, position in self.positions.items()})

    def prediction_for_one(self, leader: str, restored: str) -> Prediction:
        """What the model says can follow when one manager gets back, while the others run, what it started with here.

        Since this start the leader has written at least its own first entry, and the manager had acknowledged it. How
        far they had come is in no log; it is enough for the model that the manager had more than it gets.
        """
        logs = {name: position.log(Holds.NEWEST) for name, position in self.positions.items()}
        lead = logs[leader]
        grown = replace(lead, last_index=lead.last_index + 1, commit=lead.last_index + 1)
        logs = dict.fromkeys(logs, grown) | {restored: replace(logs[restored], history=Holds.OLD)}
        return predict_running(logs, leader, [restored], {restored: grown.last_index})

    def factors(self, histories: Histories) -> Mapping[Message, Message]:
        """What may tell one outcome from another: who stood first, and how far apart the logs are."""
        oldest = min(self.positions.values(), key=_newness)
        newest = max(self.positions.values(), key=_newness)
        first = said("nobody")
        if self.first:
            first = said("a manager with {state}", state=histories[self.first])
        return {
            said("first candidate"): first,
            said("terms between the logs"): said("{number}", number=newest.last_term - oldest.last_term),
            said("entries between the logs"): said("{number}", number=newest.last_index - oldest.last_index),
        }


def _newness(position: StartPosition) -> tuple[int, int]:
    return position.last_term, position.last_index


def wait_started(cluster: Cluster, mark: LogMark) -> Restart:
    """Wait until every engine's log says since `mark` of a start, and `read` them; nobody need lead by then.

    Raises LabBroken where one says nothing within 60 s (scaled).
    """
    with suppress(ConditionNotMet):
        cluster.wait(said("every manager has started Raft"), partial(all_started, mark), seconds=START_SECONDS)
    return read(mark)


def all_started(mark: LogMark) -> Answer[None]:
    """Every engine of `mark` has logged a start of Raft since."""
    silent = [name for name, text in mark.since().items() if not starts(text)]
    return NotYet(said("nothing in the log of {silent:,}", silent=silent)) if silent else Done(None)


def last_start(name: str, log: str) -> StartPosition:
    """Where the manager's log stood at its last start, by its engine's log. Raises LabBroken where that has none."""
    found = starts(log)
    if not found:
        raise LabBroken(said("{name}'s engine log says nothing of a start of Raft", name=name))
    return found[-1]


def read(mark: LogMark) -> Restart:
    """Read the last start of the managers of `mark`, and the elections after it, from their engines' logs since then.

    Raises LabBroken where an engine's log says nothing of a start.
    """
    texts = mark.since()
    positions = {name: last_start(name, text) for name, text in texts.items()}
    first = first_candidate({name: events(text) for name, text in texts.items()})
    lines = [
        said(
            "{machine}: term {term}, {entries} entries to term {last_term}, {committed} committed",
            machine=name,
            term=at.term,
            entries=at.last_index,
            last_term=at.last_term,
            committed=at.commit,
        )
        for name, at in positions.items()
    ]
    trace.observe(
        said("where the logs stood"),
        said("{lines:lines}", lines=[*lines, said("first candidate: {manager}", manager=first or said("none"))]),
    )
    return Restart(positions, first)
