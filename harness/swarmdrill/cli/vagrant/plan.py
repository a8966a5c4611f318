"""`swarmdrill plan`: what a bare `vagrant up` asks for first."""

import argparse

from swarmdrill.base.settings import Settings
from swarmdrill.cli.progress import announce
from swarmdrill.machines.lab import default_lab
from swarmdrill.machines.planning import make_plan


def run(_: argparse.Namespace, settings: Settings) -> None:
    """Plan the default lab for a bare `vagrant up`."""
    announce()
    lab = default_lab()
    with lab.lock():
        make_plan(lab, settings)
        lab.keep()
