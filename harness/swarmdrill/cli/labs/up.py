"""`swarmdrill up`: boot a lab and leave it running."""

import argparse

from swarmdrill.base.settings import Settings
from swarmdrill.base.waiting import Clock
from swarmdrill.cli.progress import announce, reap
from swarmdrill.host import resources
from swarmdrill.machines import registry
from swarmdrill.machines.lab import default_lab
from swarmdrill.swarm import boot


def run(_: argparse.Namespace, settings: Settings) -> None:
    """Boot the default lab; it stays until `down` or `clean`."""
    announce()
    resources.require_scratch()
    lab, clock = default_lab(), Clock(settings.timeout_scale)
    registry.for_lab(lab, settings).require()
    reap(settings)
    with lab.lock():
        boot.boot(lab, settings, clock).close()
        lab.keep()
    print("look: swarmdrill status    enter: swarmdrill ssh manager1    end: swarmdrill down")
