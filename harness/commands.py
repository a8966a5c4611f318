"""What each verb of the `swarmdrill` command does."""

import argparse
import os
import sys

from harness import lifecycle, trace
from harness.cluster import Cluster, form as form_swarm
from harness.config import Settings
from harness.errors import LabBroken, UsageProblem
from harness.lab import Lab, default_lab, labs_here, make_plan
from harness.poll import Clock
from harness.provider.registry import PROVIDERS
from harness.redact import redact
from harness.report.console import Console


def _announce() -> None:
    trace.TRACE.subscribe(Console(sys.stdout))


def up(_: argparse.Namespace, settings: Settings) -> None:
    """Boot the default lab; it stays until `down` or `clean`."""
    _announce()
    PROVIDERS[settings.provider].require()
    lifecycle.reap()
    lab, clock = default_lab(), Clock(settings.timeout_scale)
    with lab.lock():
        lifecycle.boot(lab, settings, clock).close()
        lab.keep()
    print("look: swarmdrill status    enter: swarmdrill ssh manager1    end: swarmdrill down")


def plan(_: argparse.Namespace, settings: Settings) -> None:
    """Plan the default lab for a bare `vagrant up`."""
    _announce()
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
        lifecycle.remove(lab)


def status(_: argparse.Namespace, settings: Settings) -> int:
    """Print every manager's own view of every lab of this checkout. Exit status 1 when one is not healthy."""
    _announce()
    lifecycle.reap()
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
        raise UsageProblem(f"there is no machine {arguments.machine!r}; this lab has {', '.join(names)}")
    command = arguments.command[1:] if arguments.command[:1] == ["--"] else arguments.command
    os.execvp("ssh", ["ssh", "-F", str(lab.ssh_config), arguments.machine, *command])


def _running() -> list[Lab]:
    return [lab for lab in labs_here() if lab.ssh_config.exists()]


def down(_: argparse.Namespace, settings: Settings) -> None:
    """Take down the labs of this checkout; those that another process uses are left alone and named."""
    _announce()
    lifecycle.reap()
    for lab in labs_here():
        try:
            with lab.lock():
                lifecycle.take_down(lab, Clock(settings.timeout_scale))
        except UsageProblem as problem:
            print(f"left alone: {problem}", file=sys.stderr)
