"""`swarmdrill clean`: remove what this product made on this machine, and say what has to stay."""

import argparse
import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager

from swarmdrill.base import places, trace
from swarmdrill.base.errors import ExitStatus, UsageProblem
from swarmdrill.base.messages import Message
from swarmdrill.base.settings import Settings
from swarmdrill.cli.host import state_removal
from swarmdrill.host import engine
from swarmdrill.host.host import Host
from swarmdrill.machines import hosts, removal
from swarmdrill.machines.build import sandbox
from swarmdrill.machines.lab import REMOVAL, Lab, labs_dir
from swarmdrill.machines.registry import present
from swarmdrill.report.console import Console
from swarmdrill.setup import engine as host_engine, libvirt


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `clean` can be told."""
    parser.add_argument("--labs", action="store_true", help="only labs: keep the node images and the engine")
    parser.add_argument("--everybody", action="store_true", help="labs that other checkouts keep, too")
    parser.add_argument("--lab", metavar="ID", help="only what says that it is of this lab, and no directory")


def run(arguments: argparse.Namespace, settings: Settings) -> ExitStatus:
    """Remove labs, and unless `--labs` is given the images, the engine that set-up started, and the state directory.

    Labs of this checkout go, kept ones too; of other checkouts those of dead processes, and with `--everybody` those
    that are kept. What a process uses, and what is not provably a lab of this user, is left alone and named; then
    images, engine and state directory stay as well, since it may need them. It is a failure when a lab of this checkout
    had to stay, or something in its state directory that this product did not make or that is in use.
    """
    trace.TRACE.subscribe(Console(sys.stdout))
    host = hosts.asked_for(settings)
    if arguments.lab is not None:
        removal.remove_things(arguments.lab, host)
        return ExitStatus.GOOD
    left = _clean_labs(host, everybody=arguments.everybody)
    sandbox.tidy()
    for line in left.values():
        print(line, file=sys.stderr)
    stay = any(directory.startswith(f"{labs_dir()}/") for directory in left)
    if left and not arguments.labs:
        print(
            f"the node images, the engine and {places.state()} stay: what was left alone may need them", file=sys.stderr
        )
    elif not arguments.labs:
        stay = not _remove_built(host)
    return ExitStatus.FAILED if stay else ExitStatus.GOOD


def _remove_built(host: Host) -> bool:
    """Remove what is needed by no lab, as there is none; return whether all of the state directory could go."""
    for provider in present(hosts.known(host)):
        _say(provider.remove_built())
    for other in hosts.known(host)[1:]:
        if engine.ask(other).error:
            print(
                f"the engine at {other.engine} does not answer: what was made on it stays; "
                f"where it comes back, `swarmdrill clean --docker-host={other.engine}` removes that",
                file=sys.stderr,
            )
    hosts.forget()
    if host_engine.started_by_us():
        with trace.phase("stop the Docker Engine that set-up started"):
            host_engine.stop()
    if libvirt.started_by_us():
        with trace.phase("stop the libvirt that set-up started"):
            libvirt.stop()
    with removal.removing():
        left = state_removal.remove()
    _say(left)
    usual = places.project() / places.STATE_NAME
    if usual.is_dir() and usual.resolve() != places.state().resolve():
        print(
            f"{usual} stays: the state is kept in {places.state()}; "
            f"`swarmdrill clean --state-dir={places.STATE_NAME}` cleans it",
            file=sys.stderr,
        )
    return not left


def _say(lines: Iterable[Message]) -> None:
    for line in lines:
        print(line, file=sys.stderr)


def _clean_labs(host: Host, *, everybody: bool) -> dict[str, str]:
    """Remove what may be removed. The value maps the directory of each lab that was left alone to a line about it."""
    left = {}
    with removal.removing():
        found = removal.survey(host)
        for stranger in found.strangers:
            left[stranger.directory] = stranger.describe()
        for lab in found.labs:
            if line := _clean_lab(lab, everybody=everybody):
                left[str(lab.directory)] = line
    return left


def _clean_lab(lab: Lab, *, everybody: bool) -> str:
    """Remove the lab if it may be; else say, in one line, why it is left alone."""
    try:
        with lab.lock(REMOVAL):
            if lab.kept and not everybody and lab.directory.parent != labs_dir():
                return f"left alone: {lab.directory} is kept: `swarmdrill clean --everybody` removes it too"
            with _removing(lab):
                removal.remove(lab)
    except UsageProblem:
        return f"left alone: {lab.directory} is in use"
    return ""


def _removing(lab: Lab) -> AbstractContextManager[None]:
    if lab.kept:
        return trace.phase("remove the lab in {directory}, which was kept", directory=lab.directory)
    return trace.phase("remove the lab in {directory}", directory=lab.directory)
