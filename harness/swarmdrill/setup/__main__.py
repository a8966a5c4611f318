"""`python3 -m swarmdrill.setup`: set this machine up; with `--check`, only say what is missing."""

# A Python older than what is asked for must be able to read this file and say so.
from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Sequence

MINIMUM = (3, 11)
OK, FAILED, USER_MUST_ACT, INTERRUPTED = 0, 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the set-up. Exit status: 0 done, 1 a step failed, 2 the user must act."""
    if sys.version_info[:2] < MINIMUM:
        needed, this = (".".join(map(str, version)) for version in (MINIMUM, sys.version_info[:2]))
        advice = f"run `make setup PYTHON=python{needed}` where that one is installed"
        print(f"swarmdrill needs Python {needed} or later and this is {this}: {advice}", file=sys.stderr)
        return USER_MUST_ACT
    parser = argparse.ArgumentParser(prog="python3 -m swarmdrill.setup", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 2 when something is missing")
    parsed = parser.parse_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal that cannot show a tick must not stop the set-up.
        sys.stdout.reconfigure(errors="replace")
    from swarmdrill.base.errors import UsageProblem
    from swarmdrill.base.settings import Settings, ini_file

    try:
        provider = Settings.read({}, ini_file()).provider
    except UsageProblem as problem:
        print(f"make setup: {problem}", file=sys.stderr)
        return USER_MUST_ACT
    return check(provider) if parsed.check else set_up(provider)


def check(provider: str) -> int:
    """Print the table of what the provider requires; nothing is changed."""
    from swarmdrill.setup import doctor, requirements

    table = requirements.table(provider)
    findings = requirements.examine(table)
    print(doctor.requirements_table(table, findings, requirements.make("setup", provider)))
    return OK if doctor.complete(table, findings) else USER_MUST_ACT


def set_up(provider: str) -> int:
    """Install what is missing; an error is one message with the command to paste."""
    from swarmdrill.setup import install, requirements, steps

    try:
        install.set_up(requirements.table(provider), drill=requirements.make("drill", provider))
    except steps.UserMustAct as problem:
        print(f"make setup: {problem}", file=sys.stderr)
        return USER_MUST_ACT
    except steps.StepFailed as problem:
        print(f"make setup: this failed:\n  {problem}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nmake setup: interrupted; the next one goes on from here", file=sys.stderr)
        return INTERRUPTED
    return OK


if __name__ == "__main__":
    sys.exit(main())
