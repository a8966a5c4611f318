"""A provider's own client program: one call with a time-out, and its failure as the harness's."""

import shlex
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from harness.errors import LabBroken

T = TypeVar("T")

CALL_SECONDS = 60
# What the name of everything begins with that a provider has of a lab.
PREFIX = "swarmdrill-"


class ClientFailed(LabBroken):
    """A call failed or was not answered in time; `said` is what the client printed on stderr."""

    def __init__(self, command: str, said: str) -> None:
        self.said = said
        super().__init__(f"{command}: {said}")


def call(*command: str, timeout: float = CALL_SECONDS) -> str:
    """Run `command` and return what it prints; `timeout` in seconds. Raises ClientFailed."""
    shown = shlex.join(command)
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        raise ClientFailed(shown, f"no answer within {timeout:.0f} s") from None
    except FileNotFoundError:
        raise ClientFailed(shown, f"{command[0]} is missing: run `make setup`") from None
    if done.returncode != 0:
        raise ClientFailed(shown, done.stderr.strip())
    return done.stdout.strip()


def full_name(lab: str, machine: str) -> str:
    """What the provider calls the machine."""
    return f"{PREFIX}{lab}-{machine}"


def for_each(lab: str, machines: Sequence[str], action: Callable[[str], T]) -> list[T]:
    """Do `action` for all machines of the lab at the same time, by their full names; the first error is raised."""
    with ThreadPoolExecutor(max(len(machines), 1)) as pool:
        return list(pool.map(action, [full_name(lab, machine) for machine in machines]))
