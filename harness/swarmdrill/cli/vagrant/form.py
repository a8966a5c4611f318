"""`swarmdrill form`: what a bare `vagrant up` ends with."""

import argparse
from pathlib import Path

from swarmdrill.base.settings import Settings
from swarmdrill.base.waiting import Clock
from swarmdrill.machines.lab import Lab
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.formation import form as form_swarm


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which lab."""
    parser.add_argument("directory", type=Path)


def run(arguments: argparse.Namespace, settings: Settings) -> None:
    """Form the swarm of a lab whose machines are up; called from the Vagrantfile."""
    cluster = Cluster.of(Lab(arguments.directory.resolve()), Clock(settings.timeout_scale))
    try:
        form_swarm(cluster)
    finally:
        cluster.close()
