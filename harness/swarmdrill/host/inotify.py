"""How many machines that are containers may run here: each runs systemd, which holds inotify instances of this host's.

The kernel counts them per user, and all containers of a host are the same user's (inotify(7), max_user_instances).
systemd that gets none ends at its start without a word; with many labs side by side the usual 128 are used up.
"""

from pathlib import Path

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.settings import how_to
from swarmdrill.host.tools import ToolFinding

LIMIT = Path("/proc/sys/fs/inotify/max_user_instances")
# For more labs side by side than any host here carried (ten of seven machines).
ENOUGH = 1024
# Seen in machines with an engine: three of systemd's, one of containerd's.
PER_MACHINE = 4
# For the host's own services of the same user.
RESERVED = 24


def limit() -> int:
    """How many instances a user may hold."""
    return int(LIMIT.read_text(encoding="ascii"))


def machines() -> int:
    """For how many machines that is enough."""
    return max(0, limit() - RESERVED) // PER_MACHINE


def examine() -> ToolFinding:
    """Whether it is enough for any number of labs that a host of this kind carries."""
    there = limit()
    few = f"{there}, which is enough for {machines()} machines; more of them need {ENOUGH}"
    return ToolFinding(str(there), few if there < ENOUGH else "")


def require(wanted: int) -> None:
    """Raise UsageProblem unless that many machines can hold what they need."""
    if machines() < wanted:
        raise UsageProblem(
            said(
                "{wanted} machines that are containers need {needed} inotify instances, and this host allows {there}: "
                "run `{setup}`, or `sysctl -w fs.inotify.max_user_instances={enough}` as root, or fewer labs at a time",
                wanted=wanted,
                needed=wanted * PER_MACHINE + RESERVED,
                there=limit(),
                setup=how_to("setup"),
                enough=ENOUGH,
            )
        )
