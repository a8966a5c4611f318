"""Runs the product as a user does, as a process of its own."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from product.checkout import BIN, PROVIDER, ROOT, SECONDS
from product.leftovers import machines


@dataclass
class Run:
    """A pytest of the product, in a session of its own so that a signal reaches it as from a terminal."""

    process: "subprocess.Popen[str]"
    reports: Path
    output: Path

    @property
    def lab(self) -> str:
        """What the name of the lab of a serial run begins with; `up` has the default one."""
        return "default" if "up" in self.process.args else f"run-{self.process.pid}"

    def text(self) -> str:
        """Everything it printed."""
        return self.output.read_text(errors="replace")

    def wait(self) -> int:
        """Its exit status."""
        return self.process.wait(timeout=SECONDS)

    def wait_for(self, event: str, worker: str = "", **fields: object) -> None:
        """Wait until the event stream of it, or of one of its workers, has an event with these fields."""
        what = f"{event} {fields}"
        self.wait_until(lambda: any(_matches(line, event, fields) for line in self._events(worker)), what)

    def children(self) -> list[int]:
        """Process ids of its direct children."""
        return [
            int(pid) for pid in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        ]

    def wait_for_machine(self) -> None:
        """Wait until its lab has a first machine."""
        self.wait_until(lambda: bool(machines(self.lab)), "a machine")

    def _events(self, worker: str) -> list[str]:
        path = self.reports / (f"events-{worker}.jsonl" if worker else "events.jsonl")
        return path.read_text().splitlines() if path.exists() else []

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until the condition holds while it runs."""

        def holds() -> bool:
            assert self.process.poll() is None, f"it ended before {what}:\n{self.text()}"
            return condition()

        wait_until(holds, what, self.text)

    def signal(self, number: signal.Signals) -> None:
        """Ctrl-C goes to the whole foreground group, as a terminal sends it; the others to the process alone."""
        if number is signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)


def wait_until(condition: Callable[[], bool], what: str, said: Callable[[], str] = str) -> None:
    """Wait until the condition holds; where it does not in time, fail with what was `said`."""
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"no {what} within {SECONDS} s:\n{said()}"
        time.sleep(0.02)


def _matches(line: str, event: str, fields: dict[str, object]) -> bool:
    try:
        found = json.loads(line)
    except json.JSONDecodeError:  # the last line, half written
        return False
    return found["event"] == event and all(str(value) in str(found.get(key)) for key, value in fields.items())


@dataclass
class Product:
    """The commands of this checkout, with reports in a directory of the test's own."""

    tmp_path: Path
    runs: list[Run] = field(default_factory=list)

    def drill(self, *arguments: str, **environment: str) -> Run:
        """Start a pytest and return at once."""
        reports = self._reports()
        command = [str(BIN / "pytest"), "-p", "no:cacheprovider", f"--reports-dir={reports}", f"--provider={PROVIDER}"]
        return self._start([*command, *arguments], environment)

    def _reports(self) -> Path:
        return self.tmp_path / f"reports{len(self.runs)}"

    def up(self) -> Run:
        """Start `swarmdrill up` and return at once."""
        return self._start([str(BIN / "swarmdrill"), "up", f"--provider={PROVIDER}"], {})

    def _start(self, command: list[str], environment: dict[str, str]) -> Run:
        output = self.tmp_path / f"output{len(self.runs)}.txt"
        with output.open("w") as file:
            process = subprocess.Popen(
                # A shell starts what it puts into the background with SIGINT ignored, and that is inherited.
                ["env", "--default-signal=INT,TERM", *command],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
                env={**_clean_environment(), **environment},
            )
        self.runs.append(Run(process, self._reports(), output))
        return self.runs[-1]

    def swarmdrill(self, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """Run a `swarmdrill` command to its end."""
        return subprocess.run(
            [str(BIN / "swarmdrill"), *arguments],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
            env={**_clean_environment(), **environment},
        )


def _clean_environment() -> dict[str, str]:
    """What a user has: nothing of the pytest around this one."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "SWARMDRILL_", "GITHUB_"))
    }
