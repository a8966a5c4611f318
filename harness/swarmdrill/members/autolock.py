"""Auto-lock: a manager that starts asks for the key before it opens its state."""

from collections.abc import Sequence
from functools import partial

from swarmdrill.base.messages import Message, in_turn, said
from swarmdrill.base.waiting import Answer, once
from swarmdrill.observe.engine_state import swarm_state
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import Reply

LOCKED_SECONDS = 60
# Of the right form (SWMKEY-1- and 32 bytes in unpadded base64) and no swarm's.
WRONG_KEY = "SWMKEY-1-" + "A" * 43


def switch(machine: Machine, *, on: bool) -> None:
    """`docker swarm update --autolock`, for the whole swarm. Raises EngineRefused."""
    machine.engine.typed(
        f"swarm update --autolock={'true' if on else 'false'}", why=said("switch auto-lock")
    ).or_raise()


def key(machine: Machine) -> str:
    """The key that unlocks managers now. Raises EngineRefused where the manager cannot tell."""
    return machine.engine.typed("swarm unlock-key --quiet", why=said("read the unlock key")).or_raise().strip()


def ask_key(machine: Machine) -> Reply:
    """`docker swarm unlock-key`, where a refusal is what is asked for."""
    return machine.engine.typed("swarm unlock-key --quiet", why=said("ask for the unlock key"))


def rotate_key(machine: Machine) -> str:
    """Make a new key, and return it."""
    machine.engine.typed("swarm unlock-key --rotate --quiet", why=said("rotate the unlock key")).or_raise()
    return key(machine)


def unlock(machine: Machine, with_key: str) -> Reply:
    """`docker swarm unlock` on the machine with a key."""
    return machine.engine.typed("swarm unlock", stdin=f"{with_key}\n", why=said("unlock"))


def wait_locked(cluster: Cluster, machines: Sequence[Machine]) -> Message:
    """Wait until the engines of `machines` say that their swarm is locked; return what they say.

    Raises ConditionNotMet with what they last said after 60 s (scaled).
    """
    return _wait_for_state(cluster, machines, "locked")


def wait_unlocked(cluster: Cluster, machines: Sequence[Machine]) -> Message:
    """Wait until the engines of `machines` say that they take part in their swarm; return what they say.

    Raises ConditionNotMet with what they last said after 60 s (scaled).
    """
    return _wait_for_state(cluster, machines, "active")


def _wait_for_state(cluster: Cluster, machines: Sequence[Machine], state: str) -> Message:
    what = said("{machines:,}: swarm {state}", machines=machines, state=state)
    cluster.wait(what, partial(swarms_are, cluster, machines, state), seconds=LOCKED_SECONDS)
    return what


def swarms_are(cluster: Cluster, machines: Sequence[Machine], state: str) -> Answer[Message]:
    """The engines of `machines` all say that their swarm is in that state."""
    states = cluster.on_each(lambda machine: swarm_state(machine.engine), machines)
    seen = in_turn(found.describe() for found in states.values())
    return once(seen, holds=all(found.state == state for found in states.values()))
