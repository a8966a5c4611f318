"""Which state each manager holds: the one that was backed up, or the newest; and whether all hold the same."""

from collections.abc import Mapping
from enum import StrEnum

from swarmdrill.base import trace
from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.base.messages import UNSAID, Message, as_message, of_error, said
from swarmdrill.base.waiting import Answer, Done, NotYet
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineError, EngineRefused, short
from swarmdrill.workload.objects import (
    configs,
    create_config,
    remove_config,
    wait_everywhere,
    wait_nowhere,
    without_leader,
)

# One config for each history: the first is there when the backup is made and removed later, the second is made later.
BACKED_UP = "backed-up"
NEWEST = "newest"
# Made last of all, by the leader: a manager that has it has everything before it too.
_PROBE = "probe"
SAME_SECONDS = 30


class Holds(StrEnum):
    """What a manager holds of the two histories."""

    OLD = said("the old state")
    NEWEST = said("the newest state")
    BOTH = said("both states mixed")
    NEITHER = said("neither state")
    SILENT = said("no answer")


DISAGREE = said("managers disagree")


def make_old_state(cluster: Cluster) -> None:
    """Make what only the backup will have, on every manager."""
    create_config(cluster.client, BACKED_UP, "made before the backup, removed after it")
    wait_everywhere(cluster, f"config/{BACKED_UP}")


def make_newest_state(cluster: Cluster) -> None:
    """Remove what the backup has and make what it does not have: the newest state, on every manager."""
    with trace.phase("change the state: what follows is in no backup"):
        remove_config(cluster.client, BACKED_UP)
        create_config(cluster.client, NEWEST, "made after the backup")
        wait_everywhere(cluster, f"config/{NEWEST}")
        wait_nowhere(cluster, f"config/{BACKED_UP}")


def states_held(cluster: Cluster) -> Mapping[str, Holds]:
    """What every manager itself holds now, by its name; one that has no leader for 30 s (scaled) gives no answer.

    Raises EngineError where an engine says anything else.
    """
    return cluster.on_each(lambda machine: _held_by(cluster, machine), cluster.managers)


def _held_by(cluster: Cluster, machine: Machine) -> Holds:
    def answers() -> Answer[tuple[str, ...]]:
        try:
            return Done(configs(machine.engine))
        except EngineError as problem:
            return NotYet(without_leader(machine, problem))

    try:
        names = cluster.wait(said("{machine} answers", machine=machine), answers, seconds=SAME_SECONDS)
    except EngineRefused:  # for another reason than a leader that it has not
        raise
    except ConditionNotMet as problem:
        trace.observe(said("a manager that does not answer"), of_error(problem))
        return Holds.SILENT
    old, newest = BACKED_UP in names, NEWEST in names
    if old and newest:
        return Holds.BOTH
    return Holds.OLD if old else Holds.NEWEST if newest else Holds.NEITHER


def settled_states(cluster: Cluster) -> Mapping[str, Holds]:
    """What every manager holds once all of them have what the leader did last, or do not get it within 30 s (scaled).

    The leader makes one more config. A manager that has it has the leader's log up to there; one that never gets
    it does not follow the leader, whatever it says of its health, and its answer is as good as the others'.
    """
    leader = cluster.leader()
    create_config(leader.engine, _PROBE, "made after the restart")

    def lags(machine: Machine) -> Message:
        try:
            if _PROBE in configs(machine.engine):
                return UNSAID
            return said("{machine} has no {config}", machine=machine, config=_PROBE)
        except EngineError as problem:
            return said("{machine} says {words}", machine=machine, words=short(problem.stderr))

    try:
        cluster.wait_for_each(said("every manager has what the leader did last"), lags, seconds=SAME_SECONDS)
    except ConditionNotMet as problem:
        trace.observe(said("not every manager follows the leader"), of_error(problem))
    return states_held(cluster)


def common_state(found: Mapping[str, Holds]) -> Message:
    """The history that all managers hold, or that they disagree."""
    kinds = set(found.values())
    return as_message(kinds.pop()) if len(kinds) == 1 else DISAGREE


def describe(found: Mapping[str, Holds]) -> Message:
    """One line: who holds what."""
    each = [said("{machine} has {state}", machine=name, state=holds) for name, holds in found.items()]
    return said("{managers:,}", managers=each)
