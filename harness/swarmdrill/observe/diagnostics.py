"""What to know after a failure, per machine: its engine's log, its own view, its state directory without content."""

from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import of_error, said
from swarmdrill.machines.lab import Lab
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineSilent

SECONDS = 20
# Names, sizes and hashes only: the raft files and keys never leave the machine.
_LISTING = f"find {SWARM_DIR} {SWARM_DIR}-* -type f -printf '%s\\t%M\\t%TT\\t' -exec sha256sum {{}} \\; 2>&1"
_QUESTIONS = ("info", "node ls", "service ps --no-trunc $(docker service ls --quiet)")


def collect(cluster: Cluster, since: LogMark) -> None:
    """Put what every machine knows on the trace; `since` is where the logs ended when the scenario began.

    A machine that does not answer is said so; nothing is raised, since the failure itself matters more.
    """

    def ask(machine: Machine) -> None:
        try:
            log = since.on(machine)
            trace.observe(
                said("{machine}: engine log since the scenario began", machine=machine), log, machine=machine.name
            )
            for line in _QUESTIONS:
                trace.observe(
                    said("{machine}: docker {line}", machine=machine, line=line),
                    _answer(machine, line),
                    machine=machine.name,
                )
            done = machine.run(_LISTING, check=False, timeout=SECONDS, why=said("look after the failure"))
            trace.observe(
                said("{machine}: state directory: size, mode, time, sha256", machine=machine),
                done.stdout,
                machine=machine.name,
            )
        except LabBroken as problem:
            trace.observe(said("{machine} does not answer", machine=machine), of_error(problem), machine=machine.name)

    with trace.step("what every machine knows after the failure"):
        cluster.on_each(ask, cluster.machines)


def _answer(machine: Machine, line: str) -> str:
    """What the machine's engine prints, or why it does not answer: the machine may know more all the same."""
    try:
        reply = machine.engine.typed(line, timeout=SECONDS, why=said("look after the failure"))
    except EngineSilent as problem:
        return problem.stderr
    return reply.stdout + reply.stderr


def show_boot(lab: Lab) -> None:
    """Put all that Vagrant said of a boot that failed on the trace."""
    if lab.log.exists():
        trace.observe(said("everything Vagrant said"), lab.log.read_text(errors="replace"))
