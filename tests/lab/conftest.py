"""Runs the product as a user does, as a process of its own, and looks at what it leaves on this host."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LABS = ROOT / ".swarmdrill" / "labs"
BIN = Path(sys.executable).parent
DRILLS = ROOT / "tests" / "drills"
# The provider that these tests are run on: `make lab PROVIDER=libvirt ARGS="-n 0 -k kills"`.
PROVIDER = os.environ.get("SWARMDRILL_PROVIDER") or "docker"
SECONDS = {"docker": 300, "libvirt": 900}[PROVIDER]


@dataclass
class Run:
    """A pytest of the product, in a session of its own so that a signal reaches it as from a terminal."""

    process: "subprocess.Popen[str]"
    reports: Path
    output: Path

    @property
    def lab(self) -> str:
        """The name of the lab of a serial run; `up` has the default one."""
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
        self.wait_until(lambda: bool(_machines(self.lab)), "a machine")

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


def _docker(*arguments: str) -> list[str]:
    return subprocess.check_output(["docker", *arguments], text=True).split()


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


def _machines(lab: str) -> list[str]:
    """Names of the lab's machines."""
    if PROVIDER == "docker":
        return _docker("ps", "--all", "--format", "{{.Names}}", "--filter", f"name=swarmdrill-{lab}-")
    return [name for name in _virsh("list", "--all", "--name") if name.startswith(f"swarmdrill-{lab}-")]


def _virsh(*arguments: str) -> list[str]:
    return subprocess.check_output(["virsh", "--connect", "qemu:///system", *arguments], text=True).split()


def _clean_environment() -> dict[str, str]:
    """What a user has: nothing of the pytest around this one."""
    return {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "SWARMDRILL_", "GITHUB_"))
    }


def leftovers(lab: str) -> dict[str, list[str]]:
    """Everything on this host that belongs to a lab of this checkout; empty lists are left out."""
    directory = LABS / lab
    marker = f"SWARMDRILL_LAB={directory}".encode()
    found = {
        "machines": _machines(lab),
        **(_held_by_docker(lab) if PROVIDER == "docker" else _held_by_libvirt(lab)),
        "processes": [path.parent.name for path in Path("/proc").glob("[0-9]*/environ") if _has(path, marker)],
        "mounts": [line for line in Path("/proc/mounts").read_text().splitlines() if str(directory) in line],
        "directories": [str(path) for path in (directory, directory.with_name(f"{lab}.lock")) if path.exists()],
        "sockets": [str(path) for path in Path("/tmp").glob(f"swarmdrill-{lab}-*")],
    }
    return {kind: names for kind, names in found.items() if names}


def _held_by_docker(lab: str) -> dict[str, list[str]]:
    labels = _docker("volume", "ls", "--format", '{{.Label "swarmdrill.lab"}}')
    return {
        "networks": _docker("network", "ls", "--format", "{{.Name}}", "--filter", f"name=swarmdrill-{lab}-"),
        "volumes": [label for label in labels if label.startswith(f"{lab}-")],
        "control groups": _orphaned_groups(),
    }


def _orphaned_groups() -> list[str]:
    """The control groups that the engine made for containers that are gone; with them go those of nested containers."""
    groups = [path for path in Path("/sys/fs/cgroup").glob("*/docker/*") if path.is_dir()]
    # Asked after them, and they are looked at again: containers of other tests come and go meanwhile.
    known = _docker("ps", "--all", "--quiet", "--no-trunc")
    return [str(path) for path in groups if path.name not in known and path.exists()]


def _held_by_libvirt(lab: str) -> dict[str, list[str]]:
    ours = f"swarmdrill-{lab}-"
    commands = [read(path).decode(errors="replace") for path in Path("/proc").glob("[0-9]*/cmdline")]
    volumes = _virsh("vol-list", "swarmdrill") if "swarmdrill" in _virsh("pool-list", "--name") else []
    return {
        "networks": [name for name in _virsh("net-list", "--all", "--name") if name.startswith(ours)],
        "volumes": [word for word in volumes if word.startswith(ours)],
        "processes of QEMU and dnsmasq": [command.replace("\0", " ") for command in commands if ours in command],
    }


def _has(environ: Path, marker: bytes) -> bool:
    return marker in read(environ).split(b"\0")


def read(path: Path) -> bytes:
    """Content of a file of a process, empty when it ended meanwhile."""
    try:
        return path.read_bytes()
    except OSError:
        return b""


@pytest.fixture
def whole_checkout() -> Iterator[None]:
    """For tests of the default lab, and of commands that act on every lab: one of them at a time, over all workers."""
    with (ROOT / ".swarmdrill" / "lab-tests.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """The product; whatever the test leaves running is ended and removed."""
    product = Product(tmp_path)
    yield product
    for run in product.runs:
        if run.process.poll() is None:
            os.killpg(run.process.pid, signal.SIGKILL)
            run.wait()
    product.swarmdrill("status")
