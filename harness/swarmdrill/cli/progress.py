"""How the commands show what they do."""

import sys

from swarmdrill.base import trace
from swarmdrill.base.settings import Settings
from swarmdrill.machines import hosts, removal
from swarmdrill.report.console import Console


def announce() -> None:
    trace.TRACE.subscribe(Console(sys.stdout))


def reap(settings: Settings) -> None:
    """Remove the labs of processes that died, and say what was left alone and why."""
    for stranger in removal.reap(hosts.asked_for(settings)):
        print(stranger.describe(), file=sys.stderr)
