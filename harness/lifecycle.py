"""Bring a lab to life and end it; find the labs of dead processes and end those too."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from harness import locks, trace, vagrant
from harness.cluster import Cluster, form
from harness.config import STATE_DIR, Settings
from harness.engine import Engine
from harness.errors import ConditionNotMet, LabBroken, UsageProblem
from harness.lab import Lab, labs_here, make_plan
from harness.poll import Answer, Clock, Done, NotYet, wait_until
from harness.provider import building
from harness.provider.registry import present
from harness.snapshots import keep_golden_state

COUNTS = {1: "one manager", 3: "three managers", 5: "five managers", 7: "seven managers"}
KILL_SECONDS = 10
TURN_SECONDS = 120


def boot(lab: Lab, settings: Settings, clock: Clock) -> Cluster:
    """Plan the lab, bring its machines up with a formed swarm, and check that they run the engine asked for.

    Raises UsageProblem when this host cannot, LabBroken when it should but does not.
    """
    make_plan(lab, settings)
    workers = f" and {settings.workers} worker(s)" if settings.workers else ""
    managers = COUNTS.get(settings.managers, f"{settings.managers} managers")
    with trace.phase(f"boot {managers}{workers} with Docker {settings.engine} ({settings.provider})"):
        vagrant.up(lab, clock)
        cluster = Cluster.of(lab, clock)
        try:
            form(cluster)
        except ConditionNotMet as problem:
            raise LabBroken(f"no swarm can be formed: {problem}") from problem
        require_version(cluster.client, settings.engine)
    keep_golden_state(cluster)
    return cluster


def require_version(engine: Engine, version: str) -> None:
    """Raise LabBroken unless the engine says that it is of that version."""
    server = engine.ask(lambda client: client.version().server, why="which engine is it?")
    found = str(server.version) if server else "nothing"
    if found.split("+")[0] != version:
        raise LabBroken(f"{engine.name} runs Docker {found}, not {version}: its image is stale, `swarmdrill clean`")


def take_down(lab: Lab, clock: Clock) -> None:
    """End the lab, through Vagrant first where that keeps books of it elsewhere, and remove all that is left of it."""
    with trace.phase("take the lab down"):
        if lab.plan_file.exists() and lab.dotfile.exists() and vagrant.remembers(lab):
            try:
                vagrant.destroy(lab, clock)
            except LabBroken as problem:
                trace.observe("vagrant destroy", f"{problem}\nremoving the machines without it")
        remove(lab)


def remove(lab: Lab) -> None:
    """Remove everything of the lab from this host without asking Vagrant; works on any half-made or dead lab."""
    _end_processes(lab.directory)
    for provider in present():
        provider.remove_lab(lab.id)
    lab.remove_directory()


def all_labs() -> list[Lab]:
    """Every lab on this machine: by what its providers know, and by the directories of this checkout."""
    found = {lab.directory: lab for lab in labs_here()}
    for provider in present():
        for directory in provider.labs().values():
            found.setdefault(directory, Lab(directory))
    return list(found.values())


def reap() -> None:
    """Remove every lab that nobody uses and nobody asked to keep: those of processes that died.

    When it returns they are gone, whoever removed them. A lab that another checkout is just removing is left to it,
    and one whose directory cannot be seen from here, so that nothing is known of its use, to `swarmdrill clean`.
    """
    with removing():
        for lab in all_labs():
            if lab.directory.exists() and not lab.kept and not lab.in_use():
                with suppress(UsageProblem), lab.lock(), trace.phase(f"remove what lab {lab.directory.name!r} left"):
                    remove(lab)
    building.tidy()


@contextmanager
def removing() -> Iterator[None]:
    """Hold, for this process, the turn to remove labs that other processes of this checkout left."""
    with locks.turn(STATE_DIR, "nobody else removes labs", timeout=TURN_SECONDS):
        yield


def _end_processes(directory: Path) -> None:
    """End the processes that a lab's run started (Vagrant and its children) and that outlived it.

    They are known by SWARMDRILL_LAB in their environment. Docker clients are left to finish: what they asked
    of the engine happens in any case, and has to be over before somebody looks for what is there.
    After 10 s all that are left get SIGKILL.
    """

    def gone() -> Answer[None]:
        left = _processes(directory)
        return (
            NotYet(f"still there: {', '.join(f'{pid} {name}' for pid, name in left.items())}") if left else Done(None)
        )

    for sent, spared in ((signal.SIGTERM, "docker"), (signal.SIGKILL, "")):
        for pid, name in _processes(directory).items():
            if name != spared:
                with suppress(ProcessLookupError):
                    os.kill(pid, sent)
        try:
            wait_until("the lab's processes end", gone, timeout=KILL_SECONDS)
        except ConditionNotMet as problem:
            left = problem
        else:
            return
    raise LabBroken(f"{directory}: {left}")


def _processes(directory: Path) -> dict[int, str]:
    """Names of the processes of the lab by process id, this process and all above it left out."""
    marker = f"SWARMDRILL_LAB={directory}".encode()
    ancestors = _ancestors()
    found = {}
    for path in Path("/proc").glob("[0-9]*/environ"):
        pid = int(path.parent.name)
        if pid in ancestors:
            continue
        with suppress(OSError):  # it ended meanwhile, or it is another user's
            if marker in path.read_bytes().split(b"\0"):
                found[pid] = path.with_name("comm").read_text().strip()
    return found


def _ancestors() -> set[int]:
    """This process and all above it: `release` runs inside the Vagrant that it must not end."""
    pids, pid = set(), os.getpid()
    while pid > 0:
        pids.add(pid)
        status = Path(f"/proc/{pid}/stat").read_text()
        pid = int(status.rpartition(")")[2].split()[1])
    return pids
