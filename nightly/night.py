"""Carry the steps of a night out, one after another, whatever became of the one before."""

import dataclasses
import os
import shlex
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from xml.etree import ElementTree

from nightly.profile import Step
from nightly.record import ROOT, Counts, Night, StepResult

LOGS = ROOT / "reports" / "nightly"
SETUP_SECONDS = 1800
# What a step has to take its machines down when it is ended at its limit.
LAST_SECONDS = 300
Stored = Callable[[Night], object]


def carry_out(night: Night, steps: Mapping[str, Step], store: Stored, root: Path = ROOT) -> Night:
    """Do each step that this computer can do, and hand the night to `store` before the first and after each."""
    night = dataclasses.replace(night, steps=tuple(begun(name, step) for name, step in steps.items()))
    store(night)
    cannot: dict[str, str] = {}
    for number, (name, step) in enumerate(steps.items()):
        print(f"== {name}: {step.title}", flush=True)
        if step.needs not in cannot:
            cannot[step.needs] = lacking(step.needs, root)
        result = begun(name, step)
        if cannot[step.needs]:
            result = dataclasses.replace(result, status="not possible", reason=cannot[step.needs])
        else:
            result = done(result, step, root)
        print(f"== {name}: {line(result)}", flush=True)
        night = dataclasses.replace(night, steps=(*night.steps[:number], result, *night.steps[number + 1 :]))
        store(night)
    return night


def begun(name: str, step: Step) -> StepResult:
    """A step of which nothing is known yet."""
    expected = Counts(step.passed, 0, step.skipped)
    return StepResult(name, step.title, shlex.join(step.command), expected, reason="the night ended before it")


def done(result: StepResult, step: Step, root: Path) -> StepResult:
    """Do the step, and compare what it came to with what is expected."""
    report, log = root / step.report, root / "reports" / "nightly" / f"{result.name}.log"
    report.unlink(missing_ok=True)
    started = time.monotonic()
    status = run(step.command, root, log, 60 * step.minutes)
    seconds = time.monotonic() - started
    found = counts(report)
    if report.is_file():
        shutil.copy(report, log.with_suffix(".xml"))
    reasons = []
    if status is None:
        reasons.append(f"not done after {step.minutes} minutes")
    elif status:
        reasons.append(f"exit status {status}")
    if found is None:
        reasons.append(f"no report in {step.report}")
    elif found != result.expected:
        reasons.append(f"{found}; expected {result.expected}")
    return dataclasses.replace(
        result,
        status="red" if reasons else "as expected",
        reason="; ".join(reasons),
        found=found,
        seconds=round(seconds, 1),
    )


def line(result: StepResult) -> str:
    """What became of a step, in a line."""
    if result.status == "as expected":
        return f"✓ {result.found}, {result.seconds:.0f} s"
    return f"✗ {result.status}: {result.reason}"


def lacking(provider: str, root: Path) -> str:
    """Why this computer has no machines of that provider; empty where set-up says that all is there."""
    log = root / "reports" / "nightly" / f"setup-{provider}.log"
    status = run(["make", "setup", f"PROVIDER={provider}"], root, log, SETUP_SECONDS)
    if status == 0:
        return ""
    said = [each.strip() for each in log.read_text(encoding="utf-8", errors="replace").splitlines() if each.strip()]
    said = [each for each in said if not each.startswith(("make: ***", "missing: ", "✓", "✗"))]
    return f"`make setup PROVIDER={provider}`: {' '.join(said[-6:]) or f'exit status {status}'}"


def run(command: list[str], root: Path, log: Path, seconds: float) -> int | None:
    """Run it with its output in `log`; the exit status, or None where it was ended after so many seconds."""
    log.parent.mkdir(parents=True, exist_ok=True)
    # This program's own variables of make would make the inner one believe that it is a part of this one.
    inherited = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=root, env=inherited, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Interrupt what still runs, and let it take its machines down."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(LAST_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def counts(report: Path) -> Counts | None:
    """The tests in a JUnit file; None where it is none."""
    try:
        cases = ElementTree.parse(report).iter("testcase")
    except (OSError, ElementTree.ParseError):
        return None
    found = Counter(_outcome(case) for case in cases)
    return Counts(found["passed"], found["failed"], found["skipped"])


def _outcome(case: ElementTree.Element) -> str:
    marks = {child.tag for child in case}
    return "failed" if marks & {"failure", "error"} else "skipped" if "skipped" in marks else "passed"
