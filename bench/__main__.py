"""`python -m bench [--base COMMIT] [--rounds N] [--docs | --parallel]`: how long things take.

With a base, HEAD and that commit are measured in one run, in turns: each round boots a lab of either, the one that was
second before first, so that what else the computer does falls on both. The exit status is 1 where a median is above its
limit, 2 where the request was bad, 3 where a lab broke.
"""

import argparse
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import figures, page
from bench.sides import ROOT, Side, before, here, sides
from swarmdrill.base.errors import ExitStatus, LabBroken, UsageProblem

# What is asked of a side in a round, in this order; a reset is measured after the boot and after a flow.
ROUND = ("setup", "imports", "up", "command", "reset", "flow", "reset", "down")
# Only of HEAD: the same by a shell script.
BY_SHELL = ("setup", "imports", "up", "command", "reset", "flow", "reset", "shell", "down")
# The main job: nine scenarios, eight minutes one after another.
MAIN = (
    "full-flow",
    "state-beyond-compose",
    "restore-one",
    "restore-onto-existing-directory",
    "damaged-restore-is-recognised",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a table; one of `base.errors.ExitStatus`."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--base", default="", help="also measure this commit, and compare")
    parser.add_argument("--rounds", type=int, default=3, help="how often each thing is measured (default 3)")
    parser.add_argument("--docs", action="store_true", help="write docs/measured/bench.json and docs/performance.md")
    parser.add_argument("--parallel", action="store_true", help="only the main scenarios, serially and with -n 4")
    options = parser.parse_args(arguments)
    if options.rounds < 1:
        parser.error("--rounds: at least 1")
    try:
        if options.parallel:
            parallel()
            return ExitStatus.GOOD
        return compare(options.base, options.rounds, docs=options.docs)
    except UsageProblem as problem:
        print(f"make bench: {problem}", file=sys.stderr)
        return ExitStatus.BAD_REQUEST
    except LabBroken as problem:
        print(f"make bench: {problem}", file=sys.stderr)
        return ExitStatus.LAB_BROKE


def compare(base: str, rounds: int, *, docs: bool) -> int:
    """Measure HEAD, and `base` beside it unless that is empty."""
    checkouts = [*([before(base)] if base else []), here()]
    with sides(checkouts) as measured_sides:
        for side in measured_sides:
            side.ask("prepare")
        measured = measure(measured_sides, rounds)
    names = [each.name for each in checkouts]
    print(figures.table(measured, names), flush=True)
    if docs:
        page.write(page.Bench.of(checkouts, rounds, measured))
    exceeded = figures.over(measured, names)
    for reason in exceeded:
        print(f"above its limit: {reason}")
    return ExitStatus.FAILED if exceeded else ExitStatus.GOOD


def measure(measured_sides: Sequence[Side], rounds: int) -> Mapping[str, Mapping[str, list[float]]]:
    """Every side in every round, and seconds by side and name."""
    found: dict[str, dict[str, list[float]]] = {side.name: defaultdict(list) for side in measured_sides}
    for number in range(rounds):
        for side in in_turn(measured_sides, number):
            started = time.monotonic()
            for what in BY_SHELL if side is measured_sides[-1] else ROUND:
                for name, seconds in side.ask(what).items():
                    found[side.name][name].append(seconds)
            print(f"round {number + 1} of {rounds}: {side.name}, {time.monotonic() - started:.0f} s", flush=True)
    return found


def in_turn(measured_sides: Sequence[Side], number: int) -> list[Side]:
    """The sides in the order of that round."""
    return list(measured_sides) if number % 2 == 0 else list(reversed(measured_sides))


def parallel() -> None:
    """The main scenarios serially and with four workers."""
    command = [str(Path(sys.executable).parent / "pytest"), "scenarios", *(f"--scenario={id_}" for id_ in MAIN)]

    def seconds(*more: str) -> float:
        started = time.monotonic()
        subprocess.run([*command, *more], cwd=ROOT, check=True)
        return time.monotonic() - started

    serial, four = seconds(), seconds("-n", "4")
    print(f"main scenarios: serially {serial:.0f} s, with -n 4 {four:.0f} s: {serial / four:.2f} times as fast (2.5)")


if __name__ == "__main__":
    sys.exit(main())
