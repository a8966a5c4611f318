"""`swarmdrill clean`: remove everything this product made on this machine."""

import argparse
import sys

from swarmdrill.base import trace
from swarmdrill.base.errors import Status, UsageProblem
from swarmdrill.base.settings import Settings
from swarmdrill.machines import removal
from swarmdrill.machines.build import sandbox
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.registry import present
from swarmdrill.report.console import Console
from swarmdrill.setup import engine as host_engine, libvirt


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What is to stay."""
    parser.add_argument("--labs", action="store_true", help="only labs: keep the node images and the engine")


def run(arguments: argparse.Namespace, _: Settings) -> Status:
    """Remove labs, and unless `--labs` is given the images and the engine that set-up started.

    Labs of other processes are left alone and named. It is a failure when something had to stay.
    """
    trace.TRACE.subscribe(Console(sys.stdout))
    busy = _clean_labs()
    for lab in busy:
        print(f"lab {lab.directory.name!r} of {lab.directory.parents[2]} is in use: left alone", file=sys.stderr)
    if not arguments.labs and not busy:
        for provider in present():
            provider.remove_built()
        if host_engine.started_by_us():
            with trace.phase("stop the Docker Engine that set-up started"):
                host_engine.stop()
        if libvirt.started_by_us():
            with trace.phase("stop the libvirt that set-up started"):
                libvirt.stop()
    return Status.FAILED if busy else Status.GOOD


def _clean_labs() -> list[Lab]:
    """Remove every lab on this machine that no process uses; return those that are used."""
    busy = []
    with removal.removing():
        for lab in removal.all_labs():
            try:
                with lab.lock(), trace.phase("remove lab '{lab}'", lab=lab.directory.name):
                    removal.remove(lab)
            except UsageProblem:
                busy.append(lab)
    sandbox.tidy()
    return busy
