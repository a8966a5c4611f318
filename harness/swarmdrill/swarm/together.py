"""Do the same on several machines at the same time."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from swarmdrill.base.errors import ConditionNotMet, MachineErrors
from swarmdrill.base.messages import in_turn
from swarmdrill.swarm.machine import Machine

T = TypeVar("T")


def on_each(action: Callable[[Machine], T], machines: Sequence[Machine]) -> dict[str, T]:
    """Do `action` on all `machines` at the same time; return the results by machine name.

    Waits for all of them. Raises the error itself when one machine failed. When several did, ConditionNotMet where
    that is all that happened, else MachineErrors; both name each.
    """
    with ThreadPoolExecutor(max_workers=max(len(machines), 1)) as pool:
        futures = {machine.name: pool.submit(copy_context().run, action, machine) for machine in machines}
    errors = {name: error for name, future in futures.items() if (error := future.exception())}
    if len(errors) == 1:
        raise next(iter(errors.values()))
    if errors and all(isinstance(error, ConditionNotMet) for error in errors.values()):
        raise ConditionNotMet(in_turn(map(str, errors.values())))
    if errors:
        raise MachineErrors(errors)
    return {name: future.result() for name, future in futures.items()}
