"""The sides of a comparison: this checkout, and the commit before in a checkout, environment and state of its own."""

import json
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from swarmdrill.base import places
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said

ROOT = Path(__file__).resolve().parents[1]
HERE = Path(__file__).parent
SETUP_SECONDS = 1800


@dataclass(frozen=True)
class Checkout:
    """A checkout that is measured: `commit` is how git names what is in it, `layout` the module that knows its use."""

    name: str
    root: Path
    commit: str
    layout: str


class Side:
    """A checkout with the process that measures it (`serve.py`)."""

    def __init__(self, checkout: Checkout, process: "subprocess.Popen[str]", log: Path) -> None:
        self.name = checkout.name
        self._process = process
        self._log = log

    def ask(self, what: str) -> Mapping[str, float]:
        """Have it done, and return seconds by name. Raises LabBroken where it failed."""
        questions, answers = self._process.stdin, self._process.stdout
        assert questions is not None
        assert answers is not None
        questions.write(f"{what}\n")
        questions.flush()
        line = answers.readline()
        answer = json.loads(line) if line else {"problem": "its process ended"}
        if problem := answer.get("problem"):
            raise LabBroken(said("{side}: {what} failed, see {log}", side=self.name, what=what, log=self._log), problem)
        return {name: float(seconds) for name, seconds in answer.items()}


def here() -> Checkout:
    """This checkout, as it is now."""
    return Checkout("HEAD", ROOT, _git("describe", "--always", "--abbrev=7", "--dirty", "--exclude=*"), "today")


def before(base: str) -> Checkout:
    """The commit `base` in a checkout of its own below the state directory, set up; made once.

    Raises UsageProblem where there is no such commit, LabBroken where its own set-up fails.
    """
    try:
        commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{base}^{{commit}}")[:7]
    except subprocess.CalledProcessError:
        raise UsageProblem(said("BASE '{base}': there is no such commit in this repository", base=base)) from None
    root = places.state() / "bench" / commit
    if not (root / ".git").exists():
        _git("worktree", "prune")
        _git("worktree", "add", "--quiet", "--force", "--detach", str(root), commit)
    layout = "today" if (root / "harness" / "swarmdrill").is_dir() else "flat"
    print(f"setting up {commit} in {root}", flush=True)
    command = ["make", "setup"]
    done = subprocess.run(
        command, cwd=root, env=_environment(root), capture_output=True, text=True, timeout=SETUP_SECONDS
    )
    if done.returncode:
        raise LabBroken(said("the set-up of {commit} failed", commit=commit), done.stdout + done.stderr)
    return Checkout(commit, root, commit, layout)


@contextmanager
def sides(checkouts: Sequence[Checkout]) -> Iterator[list[Side]]:
    """The checkouts, each with its process; their labs are down and the processes ended at the end of the block."""
    started: list[Side] = []
    try:
        for each in checkouts:
            log = ROOT / "reports" / "bench" / f"{each.commit}.log"
            log.parent.mkdir(parents=True, exist_ok=True)
            with log.open("w", encoding="utf-8") as said_otherwise:
                started.append(Side(each, _serve(each, said_otherwise), log))
        yield started
    finally:
        for side in started:
            side._process.communicate()


def _serve(checkout: Checkout, log: IO[str]) -> "subprocess.Popen[str]":
    # A commit that has a bench like this one knows its own code best.
    own = checkout.root / "bench" / "serve.py"
    server = own if own.is_file() else HERE / "serve.py"
    return subprocess.Popen(
        [str(checkout.root / ".venv" / "bin" / "python"), str(server), checkout.layout],
        cwd=checkout.root,
        env=_environment(checkout.root),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )


def _environment(root: Path) -> dict[str, str]:
    """This process's, for a checkout: its own programs first, its own code, its own state directory."""
    left_out = ("VIRTUAL_ENV", "PYTHONPATH", places.STATE_VARIABLE, "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if name not in left_out and not name.startswith("TOX_")}
    path = os.pathsep.join([str(root / ".venv" / "bin"), os.environ.get("PATH", os.defpath)])
    return {**kept, "PATH": path, "PYTHONPATH": str(root)}


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()
