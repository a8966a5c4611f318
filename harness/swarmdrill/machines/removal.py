"""End labs: the one of this process, and those of dead processes."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from swarmdrill.base import locks, places, trace
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.waiting import Clock
from swarmdrill.host.leftovers import end_processes
from swarmdrill.machines import vagrant
from swarmdrill.machines.build import sandbox
from swarmdrill.machines.lab import Lab, labs_here
from swarmdrill.machines.registry import present

TURN_SECONDS = 120


def take_down(lab: Lab, clock: Clock) -> None:
    """End the lab, through Vagrant first where that keeps books of it elsewhere, and remove all that is left of it."""
    with trace.phase("take the lab down"):
        if lab.plan_file.exists() and lab.dotfile.exists() and vagrant.remembers(lab):
            try:
                vagrant.destroy(lab, clock)
            except LabBroken as problem:
                trace.observe(
                    said("vagrant destroy"), said("{problem}\nremoving the machines without it", problem=problem)
                )
        remove(lab)


def remove(lab: Lab) -> None:
    """Remove everything of the lab from this host without asking Vagrant; works on any half-made or dead lab."""
    end_processes(lab.directory)
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
                with (
                    suppress(UsageProblem),
                    lab.lock(),
                    trace.phase("remove what lab '{lab}' left", lab=lab.directory.name),
                ):
                    remove(lab)
    sandbox.tidy()


@contextmanager
def removing() -> Iterator[None]:
    """Hold, for this process, the turn to remove labs that other processes of this checkout left."""
    with locks.turn(places.state(), "nobody else removes labs", timeout=TURN_SECONDS):
        yield
