"""`swarmdrill setup`: get what is missing on this machine."""

import argparse

from swarmdrill.base.errors import ExitStatus
from swarmdrill.base.settings import Settings
from swarmdrill.setup import __main__ as setup


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The option that only this verb has."""
    parser.add_argument("--check", action="store_true", help="change nothing; only say what is missing")


def run(arguments: argparse.Namespace, settings: Settings) -> ExitStatus:
    """Get what drills on machines of the provider need; with `--check`, only say what is missing."""
    verb = setup.check if arguments.check else setup.set_up
    return verb(settings.provider, settings.docker_host)
