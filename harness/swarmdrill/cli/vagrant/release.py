"""`swarmdrill release`: what a bare `vagrant destroy` ends with."""

import argparse
from pathlib import Path

from swarmdrill.base.settings import Settings
from swarmdrill.machines import removal
from swarmdrill.machines.lab import Lab


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which lab."""
    parser.add_argument("directory", type=Path)


def run(arguments: argparse.Namespace, _: Settings) -> None:
    """Remove what a lab holds besides its machines, after a bare `vagrant destroy`."""
    lab = Lab(arguments.directory.resolve())
    removal.require_proof(lab)
    with lab.lock():
        removal.remove(lab)
