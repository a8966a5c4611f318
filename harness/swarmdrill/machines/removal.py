"""End labs: the one of this process, those of dead processes, and those that somebody asks to have removed."""

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from swarmdrill.base import locks, places, trace
from swarmdrill.base.directories import remove_own
from swarmdrill.base.errors import ConditionNotMet, LabBroken, UsageProblem
from swarmdrill.base.messages import of_error, said
from swarmdrill.base.waiting import Answer, Clock, Done, NotYet, wait_until
from swarmdrill.host import leftovers
from swarmdrill.host.host import Host
from swarmdrill.host.leftovers import end_processes
from swarmdrill.machines import hosts, ownership, vagrant
from swarmdrill.machines.build import sandbox
from swarmdrill.machines.lab import REMOVAL, Lab, labs_here
from swarmdrill.machines.provider import Label
from swarmdrill.machines.registry import present

TURN_SECONDS = 120


@dataclass(frozen=True)
class Stranger:
    """A lab that something speaks of and that is not provably this product's and this user's. It is left alone."""

    lab: str
    directory: str
    things: tuple[str, ...]
    reason: str

    def describe(self) -> str:
        """One line: what, where, why it is left alone, and what to do where it should go."""
        where = f"lab {self.lab!r} in {self.directory!r}"
        if not self.things:
            return f"left alone: {where}: {self.reason}. Remove the directory by hand if nobody needs it."
        command = shlex.join(["swarmdrill", "clean", f"--lab={self.lab}"])
        return (
            f"left alone: {', '.join(self.things)} of {where}: {self.reason}. "
            f"If nobody needs them: {command} removes them, and no directory."
        )


@dataclass(frozen=True)
class Survey:
    """What there is on the known hosts: labs that provably are labs of this user, and what only says so."""

    labs: tuple[Lab, ...]
    strangers: tuple[Stranger, ...]


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
    """Remove everything of the lab, which is locked, without asking Vagrant; works on any half-made or dead lab.

    Raises LabBroken where its directory is not provably a lab's of this user: then nothing is touched.
    """
    require_proof(lab)
    if lab.marked:
        end_processes(lab.mark())
    for provider in present(hosts.that_may_have(lab)):
        provider.remove_lab(lab.id, str(lab.directory))
    lab.remove_directory()


def require_proof(lab: Lab) -> None:
    """Raise LabBroken unless the directory is provably a lab's of this user. Ask before the lab is locked."""
    if reason := ownership.doubt(lab.id, str(lab.directory)):
        raise LabBroken(said("nothing of lab '{lab}' is removed: {reason}", lab=lab.id, reason=reason))


def survey(host: Host) -> Survey:
    """Every lab on the host and on others used before: by what providers know, and by this checkout's directories."""
    said: dict[tuple[str, str], list[str]] = {(lab.id, str(lab.directory)): [] for lab in labs_here()}
    for label in _labels(host):
        said.setdefault((label.lab, label.directory), []).append(label.what)
    labs, strangers = {}, []
    for (lab, directory), things in said.items():
        if reason := ownership.doubt(lab, directory):
            strangers.append(Stranger(lab, directory, tuple(things), reason))
        else:
            labs[directory] = Lab(Path(directory))
    return Survey(tuple(labs.values()), tuple(strangers))


def _labels(host: Host) -> list[Label]:
    return [label for provider in present(hosts.known(host)) for label in provider.labels()]


def reap(host: Host) -> tuple[Stranger, ...]:
    """Remove every lab that nobody uses and nobody asked to keep: those of processes that died, on all known hosts.

    When it returns they are gone, whoever removed them: for a lab that another checkout is just removing it waits.
    The value is what says that it is of a lab and is not provably so: it is left alone, and the user is told.
    """
    with removing():
        found = survey(host)
        for lab in found.labs:
            if lab.kept or lab.in_use():
                continue
            with suppress(UsageProblem), lab.lock(REMOVAL):
                if not lab.kept:  # it may have been in use, and kept, until a moment ago
                    with trace.phase("remove what lab '{lab}' left", lab=lab.directory.name):
                        remove(lab)
    for lab in found.labs:
        if lab.being_removed():
            _wait_removed(lab)
        _remove_scratch(lab)
    sandbox.tidy()
    return found.strangers


def _wait_removed(lab: Lab) -> None:
    """Wait while another checkout removes the lab. Raises LabBroken where that takes longer than 120 s."""

    def left_to_nobody() -> Answer[None]:
        return NotYet(said("another process is at it")) if lab.being_removed() else Done(None)

    try:
        wait_until(said("lab '{lab}' is removed", lab=lab.directory.name), left_to_nobody, timeout=TURN_SECONDS)
    except ConditionNotMet as problem:  # about processes of this host, and about no claim
        raise LabBroken(of_error(problem)) from None


def _remove_scratch(lab: Lab) -> None:
    """Remove what a process that was killed kept of its calls to the lab's engines: there may be tokens in it."""
    with suppress(OSError):
        if lab.sockets.lstat().st_uid != os.geteuid() or lab.sockets.is_symlink():
            return
        for scratch in lab.sockets.iterdir():
            if scratch.name.isdigit() and not (leftovers.PROC / scratch.name).exists():
                remove_own(scratch)


def remove_things(lab: str, host: Host) -> None:
    """Remove what says that it is of that lab, whatever directory it names; no directory is removed.

    Raises UsageProblem where there is none, or where a lab that is provably one is in use.
    """
    directories = {label.directory for label in _labels(host) if label.lab == lab}
    if not directories:
        raise UsageProblem(said("nothing here says that it is of lab '{lab}'", lab=lab))
    for directory in directories:
        if not ownership.doubt(lab, directory) and Lab(Path(directory)).in_use():
            raise UsageProblem(said("lab '{lab}' is in use: wait for it, or end the process that uses it", lab=lab))
    with trace.phase("remove what says that it is of lab '{lab}'", lab=lab):
        for provider in present(hosts.known(host)):
            if any(label.lab == lab for label in provider.labels()):
                provider.remove_lab(lab, None)


@contextmanager
def removing() -> Iterator[None]:
    """Hold, for this process, the turn to remove labs that other processes of this checkout left."""
    with locks.turn(places.state(), said("nobody else removes labs"), timeout=TURN_SECONDS):
        yield
