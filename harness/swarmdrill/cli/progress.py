"""How the commands show what they do."""

import sys

from swarmdrill.base import trace
from swarmdrill.report.console import Console


def announce() -> None:
    trace.TRACE.subscribe(Console(sys.stdout))
