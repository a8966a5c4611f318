"""`swarmdrill status`: what every manager itself says of the cluster."""

import argparse

from swarmdrill.base.errors import ExitStatus, LabBroken, UsageProblem
from swarmdrill.base.redaction import redact
from swarmdrill.base.settings import Settings
from swarmdrill.base.waiting import Clock
from swarmdrill.cli.progress import announce, reap
from swarmdrill.machines import registry
from swarmdrill.machines.lab import Lab, labs_here
from swarmdrill.swarm.cluster import Cluster


def run(_: argparse.Namespace, settings: Settings) -> ExitStatus:
    """Print every manager's own view of every lab in the state directory; a lab that is not healthy is a failure."""
    announce()
    reap(settings)
    labs = [lab for lab in labs_here() if lab.ssh_config.exists()]
    if not labs:
        print("no lab is up here; `swarmdrill up` boots one")
    # Every lab is shown, also when another one is only booting or ending and cannot be asked.
    healthy = [_show(lab, Clock(settings.timeout_scale)) for lab in labs]
    return ExitStatus.GOOD if all(healthy) else ExitStatus.FAILED


def _show(lab: Lab, clock: Clock) -> bool:
    """Print every manager's own view of the lab; return whether all of them are healthy."""
    name = lab.directory.name
    try:
        shape = lab.plan()
        state = "in use" if lab.in_use() else "kept" if lab.kept else "idle"
        others = "".join(f", {each}" for each in lab.other_engines)
        provider = registry.of_lab(lab)
        where = "" if provider.host.is_usual or provider.service != provider.host.engine else f" on {provider.service}"
        print(f"lab {name}: {shape.provider}{where}, Docker {shape.engine}{others}, {shape.subnet}, {state}")
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
