"""`swarmdrill ssh`: a shell on a machine of the lab."""

import argparse
import os

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.settings import Settings
from swarmdrill.machines.lab import Lab, default_lab, labs_here


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which machine, and what to run there."""
    parser.usage = f"{parser.prog} [options] [MACHINE] [-- COMMAND ...]"
    parser.add_argument("machine", nargs="?", default="manager1", help="which one (default manager1)")


def run(arguments: argparse.Namespace, _: Settings) -> None:
    """Replace this process by an ssh to the machine, with the command that stood behind `--`."""
    lab = default_lab() if default_lab().ssh_config.exists() else next(iter(_running()), default_lab())
    names = [node.name for node in lab.plan().nodes]
    if arguments.machine not in names:
        raise UsageProblem(
            said("there is no machine '{machine}'; this lab has {names:,}", machine=arguments.machine, names=names)
        )
    os.execvp("ssh", ["ssh", "-F", str(lab.ssh_config), arguments.machine, *arguments.command])


def _running() -> list[Lab]:
    return [lab for lab in labs_here() if lab.ssh_config.exists()]
