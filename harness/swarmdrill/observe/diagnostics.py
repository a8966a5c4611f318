"""What to know after a failure, per machine: its engine's log, its own view, its state directory without content."""

from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken
from swarmdrill.machines.lab import Lab
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.machine import Machine

SECONDS = 20
# Names, sizes and hashes only: the raft files and keys never leave the machine.
_LISTING = f"find {SWARM_DIR} {SWARM_DIR}-* -type f -printf '%s\\t%M\\t%TT\\t' -exec sha256sum {{}} \\; 2>&1"
_QUESTIONS = {
    "docker info": "docker info",
    "docker node ls": "docker node ls",
    "docker service ps": "docker service ls --quiet | xargs --no-run-if-empty docker service ps --no-trunc",
    "state directory: size, mode, time, sha256": _LISTING,
}


def collect(cluster: Cluster, since: LogMark) -> None:
    """Put what every machine knows on the trace; `since` is where the logs ended when the scenario began.

    A machine that does not answer is said so; nothing is raised, since the failure itself matters more.
    """

    def ask(machine: Machine) -> None:
        try:
            log = since.on(machine)
            trace.observe(f"{machine.name}: engine log since the scenario began", log, machine=machine.name)
            for title, command in _QUESTIONS.items():
                done = machine.run(command, check=False, timeout=SECONDS, why="after the failure")
                trace.observe(f"{machine.name}: {title}", done.stdout + done.stderr, machine=machine.name)
        except LabBroken as problem:
            trace.observe(f"{machine.name} does not answer", str(problem), machine=machine.name)

    with trace.step("what every machine knows after the failure"):
        cluster.on_each(ask, cluster.machines)


def show_boot(lab: Lab) -> None:
    """Put all that Vagrant said of a boot that failed on the trace."""
    if lab.log.exists():
        trace.observe("everything Vagrant said", lab.log.read_text(errors="replace"))
