"""`python -m nightly [--only STEP]`: what does not fit in `.ci/run`, with the counts that each step has to come to.

Exit status: 0 all as expected, 1 a step was red, 2 the request was bad, 3 this computer cannot do a step.
"""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from nightly import page, profile, record
from nightly.night import LOGS, carry_out
from nightly.record import ROOT, Night
from swarmdrill.base.errors import ExitStatus, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.host import acceleration, facts
from swarmdrill.host.host import this_host
from swarmdrill.results.records import HostRecord


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the night; one of `base.errors.ExitStatus`."""
    parser = argparse.ArgumentParser(prog="nightly", description=__doc__)
    parser.add_argument(
        "--only", action="append", default=[], metavar="STEP", help="this step; it is no night, and not kept"
    )
    options = parser.parse_args(arguments)
    try:
        return run(options.only)
    except UsageProblem as problem:
        print(f"make nightly: {problem}", file=sys.stderr)
        return ExitStatus.BAD_REQUEST
    except KeyboardInterrupt:
        print("make nightly: interrupted", file=sys.stderr)
        return ExitStatus.INTERRUPTED


def run(only: Sequence[str]) -> int:
    """Carry the profile out, or `only` some of its steps, and keep the record of what was whole."""
    steps = profile.steps()
    if unknown := sorted(set(only) - steps.keys()):
        raise UsageProblem(said("there is no step {names:,}; there are {steps:,}", names=unknown, steps=list(steps)))
    if not only and changed():
        raise UsageProblem(said("a night is stored with its commit: commit what is changed first, or use --only=STEP"))
    chosen = {name: step for name, step in steps.items() if not only or name in only}
    kept = record.KEPT if not only else LOGS
    night = carry_out(begun(), chosen, lambda so_far: record.write(so_far, kept))
    if not only:
        page.write()
    print(f"kept: {kept / night.id}.json", flush=True)
    if night.is_red:
        return ExitStatus.FAILED
    return ExitStatus.GOOD if night.is_whole else ExitStatus.LAB_BROKE


def begun() -> Night:
    """A night that begins now, on this commit and this computer."""
    commit = git("rev-parse", "HEAD")
    found = acceleration.of_this_host()
    return Night(
        id=f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%SZ')}-{commit[:7]}",
        commit=commit,
        host=HostRecord(**facts.describe(this_host())),
        machines=f"{'KVM' if found.driver == 'kvm' else 'emulated'} ({found.reason})",
    )


def changed() -> bool:
    """Whether the work tree is not the commit; what a night itself leaves does not count."""
    own = [f":!{path.relative_to(ROOT)}" for path in (record.KEPT, page.PAGE)]
    return bool(git("status", "--porcelain", "--", ".", *own))


def git(*words: str) -> str:
    """What git prints."""
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
