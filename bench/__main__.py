"""`python -m bench [--rounds N] [--parallel]`: boot, reset, one command, the full flow against a shell script."""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from swarmdrill.base.settings import Settings, ini_file
from swarmdrill.base.waiting import Clock
from swarmdrill.machines import removal
from swarmdrill.machines.lab import Lab, default_lab, labs_dir
from swarmdrill.pytestplugin import lab_keeper
from swarmdrill.pytestplugin.lab_keeper import LabKeeper
from swarmdrill.pytestplugin.preflight import check_host
from swarmdrill.swarm import boot
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.reset import reset

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = 100
FLOW = Path(__file__).with_name("flow.sh")
FULL_FLOW = ROOT / "scenarios" / "restore" / "test_full_flow.py"
# The main job: nine scenarios, eight minutes one after another.
MAIN = (
    "full-flow",
    "state-beyond-compose",
    "restore-one",
    "restore-onto-existing-directory",
    "damaged-restore-is-recognised",
)


def main() -> None:
    """Measure, and print a line per figure with what it is compared to."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="how often each thing is measured (default 3)")
    parser.add_argument("--parallel", action="store_true", help="also the main scenarios, serially and with -n 4")
    options = parser.parse_args()
    settings = Settings.read({}, ini_file())
    check_host(settings, labs=1)

    boots = [timed(lambda: boot_once(settings)) for _ in range(options.rounds)]
    say("vagrant up to a formed swarm of three, and down again", boots)
    lab, clock = default_lab(), Clock(settings.timeout_scale)
    with lab.lock():
        lab.keep()
        started = time.monotonic()
        cluster = boot.boot(lab, settings, clock)
        print(f"  of which up: {time.monotonic() - started:.1f} s (at most 12)")
        try:
            say("reset between scenarios (at most 5 s)", [timed(lambda: reset(cluster)) for _ in range(options.rounds)])
            command_cost(cluster)
            pairs = [flow_pair(lab, cluster) for _ in range(options.rounds)]
        finally:
            cluster.close()
            removal.take_down(lab, clock)
    report_flow(pairs)
    if options.parallel:
        parallel()


def timed(action: Callable[[], object], times: int = 1) -> float:
    """Seconds that the action takes, on average over so many `times`."""
    started = time.monotonic()
    for _ in range(times):
        action()
    return (time.monotonic() - started) / times


def say(what: str, seconds: list[float]) -> None:
    """One line: the median and all values."""
    values = ", ".join(f"{value:.1f}" for value in seconds)
    print(f"{what}: median {statistics.median(seconds):.1f} s ({values})", flush=True)


def boot_once(settings: Settings) -> None:
    """Boot a lab of its own and take it down."""
    lab = Lab(labs_dir() / f"bench-{os.getpid()}")
    with lab.lock():
        boot.boot(lab, settings, Clock()).close()
        removal.take_down(lab, Clock())


def command_cost(cluster: Cluster) -> None:
    """`true` through the harness, against `true` typed into a shell that stays open over ssh."""
    machine = cluster.managers[0]
    machine.run("true")
    ours = timed(lambda: machine.run("true"), COMMANDS)
    shell = subprocess.Popen(
        ["ssh", "-F", str(machine.remote.ssh_config), machine.name, "sh"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    questions, answers = shell.stdin, shell.stdout
    assert questions is not None
    assert answers is not None

    def ask() -> None:
        questions.write("true; echo $?\n")
        questions.flush()
        answers.readline()

    ask()
    plain = timed(ask, COMMANDS)
    questions.close()
    shell.wait()
    print(
        f"one command: {ours * 1000:.1f} ms, in a persistent ssh session {plain * 1000:.1f} ms: "
        f"{(ours - plain) * 1000:.1f} ms more (at most 20)",
        flush=True,
    )


def flow_pair(lab: Lab, cluster: Cluster) -> tuple[float, float, float, float]:
    """The full flow by shell script and by scenario on the same lab: seconds and seconds of them waiting, for both."""
    reset(cluster)
    names = [machine.name for machine in cluster.managers]
    started = time.monotonic()
    done = subprocess.run(
        ["bash", str(FLOW), str(lab.ssh_config), *names], check=True, capture_output=True, text=True, timeout=600
    )
    shell = time.monotonic() - started
    shell_waited = float(done.stdout.splitlines()[-1].split()[1])
    reset(cluster)
    with tempfile.TemporaryDirectory() as reports:
        scenario, waited = scenario_seconds(cluster, Path(reports))
    return shell, shell_waited, scenario, waited


def scenario_seconds(cluster: Cluster, reports: Path) -> tuple[float, float]:
    """Run the full-flow scenario in this process on the cluster, as pytest would, and build its report."""

    class Lent(LabKeeper):
        """Hands out the cluster of the bench, already reset, and leaves it alone."""

        def cluster(self, shape: Settings | None = None) -> Cluster:
            del shape
            return cluster

        def take_back(self, *, failed: bool, last: bool, since: LogMark) -> None:
            del failed, last, since

    quiet = os.open(os.devnull, os.O_WRONLY)
    saved = os.dup(1)
    os.dup2(quiet, 1)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lab_keeper, "LabKeeper", Lent)
            status = pytest.main(
                [str(ROOT / "scenarios" / "restore" / "test_full_flow.py"), f"--reports-dir={reports}"]
            )
    finally:
        os.dup2(saved, 1)
    assert status == 0, f"the scenario did not pass: exit status {status}"
    events = [json.loads(line) for line in (reports / "events.jsonl").read_text().splitlines()]
    begun = min(event["at"] for event in events if event["event"] == "StepStarted")
    report = (reports / "html" / "index.html").stat().st_mtime
    waits = [e["duration"] for e in events if e["event"] == "StepFinished" and e["title"].split()[0] in ("9", "16")]
    return report - begun, sum(waits)


def report_flow(pairs: list[tuple[float, float, float, float]]) -> None:
    """Compare medians; elections take between 10 and 20 s by chance, so the rest is compared as well."""
    shell, shell_waited, scenario, waited = (statistics.median(column) for column in zip(*pairs, strict=True))
    for pair in pairs:
        print("  shell {:.1f} s (waiting {:.1f}), scenario {:.1f} s (waiting {:.1f})".format(*pair))
    print(
        f"full flow: scenario with report {scenario:.1f} s, shell script {shell:.1f} s: "
        f"{scenario / shell:.2f} times (at most 1.10)"
    )
    print(f"  without steps 9 and 16: {scenario - waited:.1f} s against {shell - shell_waited:.1f} s", flush=True)


def parallel() -> None:
    """The main scenarios serially and with four workers."""
    command = [str(Path(sys.executable).parent / "pytest"), "scenarios", *(f"--scenario={id_}" for id_ in MAIN)]
    serial = timed(lambda: subprocess.run(command, cwd=ROOT, check=True))
    four = timed(lambda: subprocess.run([*command, "-n", "4"], cwd=ROOT, check=True))
    print(f"main scenarios: serially {serial:.0f} s, with -n 4 {four:.0f} s: {serial / four:.2f} times as fast (2.5)")


if __name__ == "__main__":
    main()
