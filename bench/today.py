"""How this checkout is measured: its own code, on a lab of its own."""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from swarmdrill.base.settings import Settings, ini_file
from swarmdrill.base.waiting import Clock
from swarmdrill.machines import registry, removal
from swarmdrill.machines.build.releases import releases
from swarmdrill.machines.lab import Lab, labs_dir
from swarmdrill.pytestplugin import lab_keeper
from swarmdrill.pytestplugin.lab_keeper import LabKeeper
from swarmdrill.pytestplugin.preflight import check_host
from swarmdrill.swarm import boot
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.reset import reset

ROOT = Path(__file__).resolve().parents[1]
FLOW = Path(__file__).with_name("flow.sh")
FULL_FLOW = ROOT / "scenarios" / "restore" / "test_full_flow.py"
COMMANDS = 100
Seconds = dict[str, float]

# What a session has loaded anyway, and then what the plugin adds: a module, and those that it names to pytest.
_LOADED = """\
import importlib, pytest, xdist.plugin, hypothesis, allure_pytest.plugin, _hypothesis_pytestplugin, time

def load(name):
    for each in getattr(importlib.import_module(name), "pytest_plugins", ()):
        load(each)
"""
ENTRY = ("swarmdrill.pytestplugin.entry",)
WITH_LAB = (*ENTRY, "swarmdrill.pytestplugin.drill", "swarmdrill.pytestplugin.lab_keeper")


class Subject:
    """The checkout; each method is something to measure, and returns seconds by name."""

    def __init__(self) -> None:
        self.settings = Settings.read({}, ini_file())
        self.clock = Clock(self.settings.timeout_scale)
        self.lab = Lab(labs_dir() / f"bench-{os.getpid()}")
        self.cluster: Cluster | None = None
        self.held = ExitStack()

    def prepare(self) -> None:
        """Have the image that machines are made from, so that no boot builds it."""
        check_host(self.settings, labs=1)
        registry.asked_for(self.settings).prepare(releases()[self.settings.engine])

    def up(self) -> Seconds:
        """Boot a lab until its swarm is formed."""
        started = time.monotonic()
        # Until it is down: whoever starts a session removes labs that nobody uses.
        self.held.enter_context(self.lab.lock())
        self.cluster = boot.boot(self.lab, self.settings, self.clock)
        return {"up": time.monotonic() - started}

    def down(self) -> None:
        """Take the lab down, where there is one."""
        if self.cluster is not None:
            self.cluster.close()
            removal.take_down(self.lab, self.clock)
            self.cluster = None
        self.held.close()

    def reset(self) -> Seconds:
        """Bring the lab back to an empty swarm."""
        return {"reset": timed(lambda: reset(self._booted()))}

    def command(self) -> Seconds:
        """`true` through the harness, and typed into a shell that stays open over ssh."""
        machine = self._booted().managers[0]
        machine.run("true")
        ours = timed(lambda: machine.run("true"), COMMANDS)
        return {"command": ours, "command in a session": session_seconds(machine.remote.ssh_config, machine.name)}

    def flow(self) -> Seconds:
        """The full flow as a scenario, with its report; and the part of it in which no leader is waited for."""
        cluster = self._booted()
        with tempfile.TemporaryDirectory() as reports:
            return scenario_seconds(cluster, Path(reports))

    def shell(self) -> Seconds:
        """The same by a shell script."""
        names = [machine.name for machine in self._booted().managers]
        started = time.monotonic()
        command = ["bash", str(FLOW), str(self.lab.ssh_config), *names]
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
        seconds = time.monotonic() - started
        return {"shell": seconds, "shell, no elections": seconds - float(done.stdout.splitlines()[-1].split()[1])}

    def imports(self) -> Seconds:
        """What the plugin costs each pytest session, and one with a lab."""
        return {"entry": import_seconds(ENTRY), "plugin": import_seconds(WITH_LAB)}

    def setup(self) -> Seconds:
        """Set-up where nothing is missing."""
        command = ["make", "--no-print-directory", "setup"]
        return {"setup": timed(lambda: subprocess.run(command, cwd=ROOT, check=True, capture_output=True))}

    def _booted(self) -> Cluster:
        assert self.cluster is not None
        return self.cluster


def timed(action: Callable[[], object], times: int = 1) -> float:
    """Seconds that the action takes, on average over so many `times`."""
    started = time.monotonic()
    for _ in range(times):
        action()
    return (time.monotonic() - started) / times


def import_seconds(modules: tuple[str, ...]) -> float:
    """Seconds on the wall that a fresh Python takes to import the modules, beside what a session has loaded anyway."""
    code = (
        f"{_LOADED}started = time.perf_counter()\n"
        + "".join(f"load({name!r})\n" for name in modules)
        + "print(time.perf_counter() - started)"
    )
    return float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)


def session_seconds(ssh_config: Path, machine: str) -> float:
    """What `true` takes in a shell that stays open over ssh."""
    command = ["ssh", "-F", str(ssh_config), machine, "sh"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as shell:
        questions, answers = shell.stdin, shell.stdout
        assert questions is not None
        assert answers is not None

        def ask() -> None:
            questions.write("true; echo $?\n")
            questions.flush()
            answers.readline()

        ask()
        return timed(ask, COMMANDS)


def scenario_seconds(cluster: Cluster, reports: Path) -> Seconds:
    """Run the full-flow scenario in this process on the cluster, as pytest would, and build its report."""

    class Lent(LabKeeper):
        """Hands out the cluster of the bench, already reset, and leaves it alone."""

        def cluster(self, shape: Settings | None = None) -> Cluster:
            del shape
            return cluster

        def take_back(self, *, failed: bool, last: bool, since: LogMark) -> None:
            del failed, last, since

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lab_keeper, "LabKeeper", Lent)
        status = pytest.main([str(FULL_FLOW), f"--reports-dir={reports}"])
    assert status == 0, f"the scenario did not pass: exit status {status}"
    events = [json.loads(line) for line in (reports / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    begun = min(event["at"] for event in events if event["event"] == "StepStarted")
    seconds = (reports / "html" / "index.html").stat().st_mtime - begun
    # Steps 9 and 16 start the engines and wait for a leader.
    waits = [e["duration"] for e in events if e["event"] == "StepFinished" and e["title"].split()[0] in ("9", "16")]
    return {"flow": seconds, "flow, no elections": seconds - sum(waits)}
