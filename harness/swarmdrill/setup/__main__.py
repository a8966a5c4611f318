"""`python3 -m swarmdrill.setup`: set this machine up; with `--check`, only say what is missing."""

# A Python older than what is asked for must be able to read this file and say so.
from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swarmdrill.base.errors import ExitStatus

MINIMUM = (3, 11)
# base.errors.ExitStatus.BAD_REQUEST, for a Python that cannot read that module.
TOO_OLD = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the set-up. Returns one of `base.errors.ExitStatus`.

    A step that failed is FAILED; what only the user can do is BAD_REQUEST.
    """
    if sys.version_info[:2] < MINIMUM:
        needed, this = (".".join(map(str, version)) for version in (MINIMUM, sys.version_info[:2]))
        advice = f"run `make setup PYTHON=python{needed}` where that one is installed"
        print(f"swarmdrill needs Python {needed} or later and this is {this}: {advice}", file=sys.stderr)
        return TOO_OLD
    parser = argparse.ArgumentParser(prog="python3 -m swarmdrill.setup", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 when something is missing")
    parsed = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a tick must not stop the set-up.
        sys.stdout.reconfigure(errors="replace")
    from swarmdrill.base.errors import ExitStatus, UsageProblem
    from swarmdrill.base.settings import Settings, ini_file

    try:
        settings = Settings.read({}, ini_file())
    except UsageProblem as problem:
        print(f"make setup: {problem}", file=sys.stderr)
        return ExitStatus.BAD_REQUEST
    verb = check if parsed.check else set_up
    return verb(settings.provider, settings.docker_host)


def check(provider: str, docker_host: str) -> ExitStatus:
    """Print the table of what the provider requires; nothing is changed."""
    from swarmdrill.base.errors import ExitStatus
    from swarmdrill.base.settings import how_to
    from swarmdrill.setup import doctor, requirements

    table = requirements.table(provider, docker_host)
    findings = requirements.examine(table)
    print(doctor.requirements_table(table, findings, how_to("setup", provider)))
    return ExitStatus.GOOD if doctor.complete(table, findings) else ExitStatus.FAILED


def set_up(provider: str, docker_host: str) -> ExitStatus:
    """Install what is missing; an error is one message with the command to paste."""
    from swarmdrill.base.errors import ExitStatus
    from swarmdrill.base.settings import how_to
    from swarmdrill.setup import install, requirements, steps

    this = how_to("setup")
    try:
        install.set_up(requirements.table(provider, docker_host), drill=how_to("drill", provider))
    except steps.UserMustAct as problem:
        print(f"{this}: {problem}", file=sys.stderr)
        return ExitStatus.BAD_REQUEST
    except steps.StepFailed as problem:
        print(f"{this}: this failed:\n  {problem}", file=sys.stderr)
        return ExitStatus.FAILED
    except KeyboardInterrupt:
        print(f"\n{this}: interrupted; the next one goes on from here", file=sys.stderr)
        return ExitStatus.INTERRUPTED
    return ExitStatus.GOOD


if __name__ == "__main__":
    sys.exit(main())
