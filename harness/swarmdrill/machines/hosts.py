"""The hosts that labs are on: the one that is asked for, the one that a lab was made on, and those used before.

A host differs from another one by its Docker Engine alone. Every engine on which this state directory makes something
is written down before the first thing is made there, so that what a dead run left is looked for where it is.
"""

from collections.abc import Sequence

from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import Settings
from swarmdrill.host.host import AUTO, Host, this_host
from swarmdrill.machines.lab import Lab

# Below the state directory: a line for each address.
USED = "docker-hosts"


def asked_for(settings: Settings) -> Host:
    """The host that a run was asked to use."""
    return this_host(settings.docker_host)


def of_lab(lab: Lab) -> Host:
    """The host that the lab was made on. Raises UsageProblem where it was never planned, or its plan cannot be read."""
    return this_host(lab.plan().docker_host or AUTO)


def known(host: Host) -> Sequence[Host]:
    """The host, and those with other engines on which this state directory made something."""
    return (host, *(this_host(engine) for engine in _used() if engine != host.engine))


def that_may_have(lab: Lab) -> Sequence[Host]:
    """The lab's host; for a lab that was cut off before it had a plan, all that are known."""
    try:
        return (of_lab(lab),)
    except UsageProblem:
        return known(this_host())


def remember(host: Host) -> None:
    """Write down that something is about to be made on the host's engine."""
    if host.engine not in _used():
        places.state().mkdir(parents=True, exist_ok=True)
        with (places.state() / USED).open("a", encoding="utf-8") as file:
            file.write(f"{host.engine}\n")


def forget() -> None:
    """Nothing of this state directory is on any engine any more."""
    (places.state() / USED).unlink(missing_ok=True)


def _used() -> tuple[str, ...]:
    try:
        return tuple(dict.fromkeys((places.state() / USED).read_text(encoding="utf-8").splitlines()))
    except FileNotFoundError:
        return ()
