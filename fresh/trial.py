"""Carry the steps out on fresh machines, and say of each what became of it."""

import shlex
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from threading import Event

from fresh.clients import Configuration
from fresh.machine import REPOSITORY, Account, Machine, machines
from fresh.steps import Step
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said

TAIL_LINES = 40
Phases = Sequence[Mapping[Account, Sequence[Step]]]


@dataclass(frozen=True)
class Result:
    """What became of a step: `problem` is empty when it came to what it should, `said` is its last line.

    `seconds` it took; `log` has all that it said. A step that was not tried, since one before it on its machine
    failed, took none.
    """

    step: Step
    problem: str
    said: str
    seconds: float
    log: Path
    tried: bool = True


def repository(change: Callable[[Path], None] | None = None) -> bytes:
    """HEAD of this checkout as a tar of `.git`; with `change`, which edits a work tree, one commit more.

    Raises UsageProblem where this is no git repository.
    """
    with tempfile.TemporaryDirectory() as scratch:
        clone = Path(scratch, "clone")
        _git("clone", "--quiet", "--no-local", REPOSITORY.as_uri(), str(clone))
        if change is not None:
            change(clone)
            _git("-C", str(clone), *("-c", "user.name=fresh", "-c", "user.email="), "commit", "-aqm", "Plant a fault")
        archive = BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            tar.add(clone / ".git", arcname=".git")
        return archive.getvalue()


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise UsageProblem(said("{command}: {stderr}", command=shlex.join(done.args), stderr=done.stderr.strip()))
    return done.stdout.strip()


def head() -> str:
    """The commit that is tried, and whether anything here is not in it."""
    rest = ", without what is not committed here" if _git("-C", str(REPOSITORY), "status", "--porcelain") else ""
    return _git("-C", str(REPOSITORY), "rev-parse", "--short", "HEAD") + rest


def carry_out(
    phases: Phases, image: str, configuration: Configuration, archive: bytes, logs: Path, *, name: str = ""
) -> list[Result]:
    """Try every step on machines of their own, one for each account; `name` tells trials apart that go on together.

    Nothing of the machines is left when this returns or raises. Raises LabBroken when this host's engine fails.
    """
    logs.mkdir(parents=True, exist_ok=True)
    results: list[Result] = []
    accounts = list(dict.fromkeys(account for phase in phases for account in phase))
    ended = Event()
    # When something is raised the machines go first, since threads wait for what runs on them.
    with ThreadPoolExecutor(len(accounts)) as pool, machines(image, configuration, accounts) as made:
        try:
            for account in accounts:
                made[account].give_repository(account, archive)
            for phase in phases:
                going = [
                    pool.submit(_go, made[account], steps, _failed(results, account), logs, name, ended)
                    for account, steps in phase.items()
                ]
                for each in going:
                    results.extend(each.result())
        finally:
            ended.set()
    return results


def _failed(results: Sequence[Result], account: Account) -> str:
    """The title of the step that failed on the account's machine, if any."""
    return next((each.step.title for each in results if each.step.account == account and each.problem), "")


def _go(made: Machine, steps: Sequence[Step], failed: str, logs: Path, name: str, ended: Event) -> list[Result]:
    """Try the steps of one machine, unless one `failed` before; in silence once the trial has `ended`."""
    results = []
    for step in steps:
        if failed:
            results.append(Result(step, f"not tried, since `{failed}` failed", "", 0.0, logs, tried=False))
            continue
        result = _try(made, step, logs / f"{name}{step.account.name}.log")
        if not ended.is_set():
            _tell(result, name)
        failed = step.title if result.problem else ""
        results.append(result)
    return results


def _try(made: Machine, step: Step, log: Path) -> Result:
    with log.open("a", encoding="utf-8") as file:
        file.write(f"\n$ {step.script}\n")
    begin, started = log.stat().st_size, time.monotonic()
    status = made.run(step.account, step.script, log, timeout=step.seconds, directory=step.account.directory)
    with log.open("rb") as file:
        file.seek(begin)
        output = file.read().decode("utf-8", errors="replace").strip()
    problem = _problem(step, status, output)
    if step.engine and not problem:
        made.start_engine()
    last = output.splitlines()[-1] if output else ""
    return Result(step, problem, last, time.monotonic() - started, log)


def _problem(step: Step, status: int | None, output: str) -> str:
    """Why the step is not what it should be; empty when it is."""
    tail = "\n".join(f"    {line}" for line in output.splitlines()[-TAIL_LINES:])
    if status is None:
        return f"no end after {step.seconds:.0f} s\n{tail}"
    if step.refusal and (status == 0 or step.refusal not in output):
        return f"exit status {status}, and it should have stopped and said: {step.refusal}\n{tail}"
    if status != 0 and not step.refusal:
        return f"exit status {status}\n{tail}"
    return ""


def _tell(result: Result, name: str) -> None:
    """One line for a step that is over, at once: a trial takes minutes."""
    mark, first = ("✗", result.problem.splitlines()[0]) if result.problem else ("✓", result.said)
    title = f"{name}{result.step.account.name}: {result.step.title}"
    print(f"  {mark} {title} ({result.seconds:.1f} s): {first}", flush=True)
    if result.problem:
        print("\n".join(result.problem.splitlines()[1:]), f"    all of it: {result.log}", sep="\n", file=sys.stderr)
