"""What each verb of the `swarmdrill` command does."""

import argparse
import os
import sys

from swarmdrill.base.clock import Clock
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.redaction import redact
from swarmdrill.base.settings import Settings
from swarmdrill.cli.progress import announce
from swarmdrill.machines import removal
from swarmdrill.machines.lab import Lab, default_lab, labs_here
from swarmdrill.machines.registry import PROVIDERS
from swarmdrill.swarm import boot
from swarmdrill.swarm.cluster import Cluster


def up(_: argparse.Namespace, settings: Settings) -> None:
    """Boot the default lab; it stays until `down` or `clean`."""
    announce()
    PROVIDERS[settings.provider].require()
    removal.reap()
    lab, clock = default_lab(), Clock(settings.timeout_scale)
    with lab.lock():
        boot.boot(lab, settings, clock).close()
        lab.keep()
    print("look: swarmdrill status    enter: swarmdrill ssh manager1    end: swarmdrill down")


def status(_: argparse.Namespace, settings: Settings) -> int:
    """Print every manager's own view of every lab of this checkout. Exit status 1 when one is not healthy."""
    announce()
    removal.reap()
    labs = [lab for lab in labs_here() if lab.ssh_config.exists()]
    if not labs:
        print("no lab of this checkout is up; `swarmdrill up` boots one")
    # Every lab is shown, also when another one is only booting or ending and cannot be asked.
    healthy = [_show(lab, Clock(settings.timeout_scale)) for lab in labs]
    return 0 if all(healthy) else 1


def _show(lab: Lab, clock: Clock) -> bool:
    """Print every manager's own view of the lab; return whether all of them are healthy."""
    name = lab.directory.name
    try:
        shape = lab.plan()
        state = "in use" if lab.in_use() else "kept" if lab.kept else "idle"
        others = "".join(f", {each}" for each in lab.other_engines)
        print(f"lab {name}: {shape.provider}, Docker {shape.engine}{others}, {shape.subnet}, {state}")
        cluster = Cluster.of(lab, clock)
        try:
            views = cluster.views().values()
        finally:
            cluster.close()
    except (LabBroken, UsageProblem) as problem:
        print(f"  lab {name} cannot be asked: {redact(str(problem))}")
        return False
    for view in views:
        print(f"  {view.describe()}")
        for node in view.nodes:
            role = "leader" if node.leader else node.reachability or "worker"
            print(f"    {node.hostname:<10} {node.state:<8} {node.availability:<8} {role:<11} {node.id}")
    return all(view.healthy() for view in views)


def ssh(arguments: argparse.Namespace, _: Settings) -> None:
    """Replace this process by an ssh to the machine."""
    lab = default_lab() if default_lab().ssh_config.exists() else next(iter(_running()), default_lab())
    names = [node.name for node in lab.plan().nodes]
    if arguments.machine not in names:
        raise UsageProblem(
            said("there is no machine '{machine}'; this lab has {names:,}", machine=arguments.machine, names=names)
        )
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    os.execvp("ssh", ["ssh", "-F", str(lab.ssh_config), arguments.machine, *command])


def _running() -> list[Lab]:
    return [lab for lab in labs_here() if lab.ssh_config.exists()]


def down(_: argparse.Namespace, settings: Settings) -> None:
    """Take down the labs of this checkout; those that another process uses are left alone and named."""
    announce()
    removal.reap()
    for lab in labs_here():
        try:
            with lab.lock():
                removal.take_down(lab, Clock(settings.timeout_scale))
        except UsageProblem as problem:
            print(f"left alone: {problem}", file=sys.stderr)
