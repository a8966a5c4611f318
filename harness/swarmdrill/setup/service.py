"""A service of this host, such as its Docker Engine: what it answers, and how it is started."""

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

from swarmdrill.base.messages import Message, said
from swarmdrill.setup import apt, steps

SYSTEMD = Path("/run/systemd/system")
START_SECONDS = 90


def start(name: Message, units: Sequence[str], launch: Callable[[], None]) -> None:
    """Start the service called `name`: its `units` where systemd runs, else by `launch`, which needs root.

    Raises UserMustAct with the command to run when this user may not, StepFailed when it does not start.
    """
    prefix = apt.privilege()
    if SYSTEMD.exists():
        command = ("systemctl", "start", *units)
        if prefix is None:
            raise _root_is_needed(name, shlex.join(("sudo", *command)))
        with steps.step("start {name}", name=name):
            # The units are of type notify: systemctl returns when the service answers.
            steps.run([*prefix, *command], timeout=START_SECONDS)
    elif prefix == ():
        with steps.step("start {name}", name=name):
            launch()
    else:
        by_hand = " && ".join(f"sudo service {unit} start" for unit in units)
        raise _root_is_needed(name, by_hand)


def _root_is_needed(name: Message, line: str) -> steps.UserMustAct:
    return steps.UserMustAct(said("root is needed; start {name}: {line}", name=name, line=line))
