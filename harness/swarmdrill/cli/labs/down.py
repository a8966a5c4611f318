"""`swarmdrill down`: take the labs of this directory down."""

import argparse
import sys

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import Settings
from swarmdrill.base.waiting import Clock
from swarmdrill.cli.progress import announce, reap
from swarmdrill.machines import ownership, removal
from swarmdrill.machines.lab import labs_here


def run(_: argparse.Namespace, settings: Settings) -> None:
    """Take down the labs of the state directory; those that another process uses are left alone and named."""
    announce()
    reap(settings)
    for lab in labs_here():
        if ownership.doubt(lab.id, str(lab.directory)):
            continue  # `reap` named it
        try:
            with lab.lock():
                removal.take_down(lab, Clock(settings.timeout_scale))
        except UsageProblem as problem:
            print(f"left alone: {problem}", file=sys.stderr)
