"""The commands that the Vagrantfile calls: `plan`, `form`, `release`."""

import argparse

from swarmdrill.base.clock import Clock
from swarmdrill.base.settings import Settings
from swarmdrill.cli.progress import announce
from swarmdrill.machines import removal
from swarmdrill.machines.lab import Lab, default_lab
from swarmdrill.machines.planning import make_plan
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.formation import form as form_swarm


def plan(_: argparse.Namespace, settings: Settings) -> None:
    """Plan the default lab for a bare `vagrant up`."""
    announce()
    lab = default_lab()
    with lab.lock():
        make_plan(lab, settings)
        lab.keep()


def form(arguments: argparse.Namespace, settings: Settings) -> None:
    """Form the swarm of a lab whose machines are up; called from the Vagrantfile."""
    cluster = Cluster.of(Lab(arguments.directory.resolve()), Clock(settings.timeout_scale))
    try:
        form_swarm(cluster)
    finally:
        cluster.close()


def release(arguments: argparse.Namespace, _: Settings) -> None:
    """Remove what a lab holds besides its machines, after a bare `vagrant destroy`."""
    lab = Lab(arguments.directory.resolve())
    with lab.lock():
        removal.remove(lab)
