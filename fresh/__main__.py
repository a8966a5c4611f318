"""`python -m fresh [--proof | --remove]`: try what the README promises on machines that have nothing.

With `--proof`, plant faults and see whether each is noticed; with `--remove`, only remove what a killed trial left.
Exit status: 0 all as promised, 1 something is not, 2 this host cannot, 3 this host's engine failed.
"""

import argparse
import io
import shutil
import signal
import sys
import time
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from fresh import bare, clients, planted, trial
from fresh.machine import REPOSITORY, remove_all
from fresh.steps import PHASES
from fresh.trial import Result
from swarmdrill.base import locks, places, trace
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.host import engine
from swarmdrill.host.host import this_host
from swarmdrill.report.console import Console

GOOD, RED, BAD_REQUEST, BROKEN, INTERRUPTED = 0, 1, 2, 3, 130
LOGS = REPOSITORY / "reports" / "fresh"
JUNIT = REPOSITORY / "reports" / "junit" / "fresh.xml"
# What a trial may take where the bare root is there; longer is said, and half as long again is red.
SECONDS = 480


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the trial; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m fresh", description=__doc__)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--proof", action="store_true", help="plant faults, and see whether each is noticed")
    what.add_argument("--remove", action="store_true", help="only remove what a trial left that was killed")
    options = parser.parse_args(arguments)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _interrupted)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    trace.TRACE.subscribe(Console(sys.stdout))
    try:
        with locks.held(places.state() / "fresh.lock", said("the trial on fresh machines")):
            if options.remove:
                # An engine that does not run has nothing that runs, and this is no reason to start it.
                return GOOD if engine.ask(this_host()).error else remove()
            remove_all()
            try:
                return prove() if options.proof else run()
            finally:
                remove_all()
    except UsageProblem as problem:
        print(f"make fresh: {problem}", file=sys.stderr)
        return BAD_REQUEST
    except LabBroken as problem:
        print(f"make fresh: {problem}", file=sys.stderr)
        return BROKEN
    except KeyboardInterrupt:
        print("make fresh: interrupted", file=sys.stderr)
        return INTERRUPTED


def _interrupted(number: int, frame: FrameType | None) -> None:
    """Have the trial unwind, which removes its machines; a second signal, as tox sends it, does not stop that."""
    del number, frame
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def remove() -> int:
    """Only remove what a trial left that was killed."""
    remove_all()
    return GOOD


def run() -> int:
    """Try HEAD on fresh machines and write `reports/junit/fresh.xml`: a test case for each step."""
    image, configuration = bare.ensure(), clients.of(clients.this_host())
    started = time.monotonic()
    print(f"fresh machines with {', '.join(bare.BRINGS)}, for HEAD {trial.head()}", flush=True)
    shutil.rmtree(LOGS, ignore_errors=True)
    results = trial.carry_out(PHASES, image, configuration, trial.repository(), LOGS)
    write_junit(results, JUNIT)
    bad, took = sum(bool(each.problem) for each in results), time.monotonic() - started
    print(f"fresh: {len(results) - bad} of {len(results)} steps as promised, {took:.0f} s of {SECONDS} s")
    return RED if bad or took > 1.5 * SECONDS else GOOD


def prove() -> int:
    """Plant every fault; good when all were seen."""
    image, configuration = bare.ensure(), clients.of(clients.this_host())
    print(f"faults planted in HEAD {trial.head()}", flush=True)
    unseen = planted.prove(image, configuration, LOGS)
    write_proof(unseen, JUNIT.with_name("fresh-proof.xml"))
    return RED if unseen else GOOD


def write_proof(unseen: Sequence[planted.Planted], path: Path) -> None:
    """Each planted fault as a test case, which failed where the trial did not see it."""
    suite = ET.Element("testsuite", name="fresh-proof", tests=str(len(planted.FAULTS)))
    for fault in planted.FAULTS:
        case = ET.SubElement(suite, "testcase", classname="fresh.planted", name=fault.name)
        if fault in unseen:
            ET.SubElement(case, "failure", message=f"not seen: {fault.words}")
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def write_junit(results: Sequence[Result], path: Path) -> None:
    """Each step as a test case, for the line that closes a CI run; one that was not tried counts as skipped."""
    suite = ET.Element("testsuite", name="fresh", tests=str(len(results)))
    for each in results:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=f"fresh.{each.step.account.name}",
            name=each.step.title,
            time=f"{each.seconds:.1f}",
        )
        if each.problem:
            tag = "failure" if each.tried else "skipped"
            ET.SubElement(case, tag, message=each.problem.splitlines()[0]).text = each.problem
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


if __name__ == "__main__":
    sys.exit(main())
