"""Bring a lab's machines up and down through Vagrant, with time-outs and a log that python-vagrant lacks."""

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import vagrant

from swarmdrill.base import places, trace
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.programs import ProgramFailed
from swarmdrill.base.settings import how_to
from swarmdrill.base.waiting import Clock
from swarmdrill.host import leftovers
from swarmdrill.machines import hosts, registry
from swarmdrill.machines.lab import Lab

UP_SECONDS = 180
DOWN_SECONDS = 120
# Where the Vagrantfile is, in a checkout as in a wheel.
HERE = Path(__file__).parent
# After SIGINT, Vagrant cleans up and ends by itself; after this it is killed.
GRACE_SECONDS = 30
# What a plan calls the Vagrant home that all labs of its provider share, where they do.
SHARED_HOME = "vagrant_home"


class _TimedVagrant(vagrant.Vagrant):
    """python-vagrant runs its commands without a time-out; coreutils' timeout(1) adds one.

    Relies on `_make_vagrant_command` of python-vagrant 1.0.0, which every call goes through, and on
    `_call_vagrant_command`.
    """

    def __init__(self, seconds: float, log: Path, env: Mapping[str, str]) -> None:
        writer = vagrant.make_file_cm(str(log))
        super().__init__(root=str(HERE), env=dict(env), out_cm=writer, err_cm=writer)
        self._seconds = seconds

    def exchange(self, machines: Sequence[str], provider: str) -> None:
        """`destroy` and `up` of several machines, each in one call, which python-vagrant has for one or for all."""
        self._call_vagrant_command(["destroy", "--force", *machines])
        self._call_vagrant_command(["up", f"--provider={provider}", *machines])

    def _make_vagrant_command(self, args: list[str | None]) -> list[str]:
        command: list[str] = super()._make_vagrant_command(args)
        return ["timeout", "--signal=INT", f"--kill-after={GRACE_SECONDS}", f"{self._seconds:.0f}", *command]


def environment(lab: Lab) -> dict[str, str]:
    """What Vagrant needs to know of the lab, and the mark of the processes that belong to it.

    Each lab has a Vagrant home of its own, so that labs that start at the same time do not wait for each
    other's locks; but where machines are made from a box, the one home that has it.
    """
    return {
        **hosts.of_lab(lab).environment(),
        "SWARMDRILL_LAB": str(lab.directory),
        leftovers.MARK: lab.mark(),
        places.STATE_VARIABLE: str(places.state()),
        "VAGRANT_CWD": str(HERE),
        "VAGRANT_VAGRANTFILE": "Vagrantfile",
        "VAGRANT_HOME": lab.plan().machine.get(SHARED_HOME, str(lab.directory / "vagrant-home")),
        "VAGRANT_DOTFILE_PATH": str(lab.dotfile),
    }


def remembers(lab: Lab) -> bool:
    """Whether Vagrant has anything of the lab outside the lab's directory: the index of machines in a shared home."""
    return SHARED_HOME in lab.plan().machine


def up(lab: Lab, clock: Clock) -> None:
    """`vagrant up`: ends with the machines running. Their swarm is not formed yet, as it is when people type that.

    Raises UsageProblem when Vagrant is missing, LabBroken with the end of its log when it fails or
    takes too long (180 s, scaled).
    """
    _call(lab, clock, UP_SECONDS * lab.plan().pace, "up", lambda v: v.up(provider=lab.plan().provider))


def destroy(lab: Lab, clock: Clock) -> None:
    """`vagrant destroy -f`. Raises LabBroken when it fails or takes too long (120 s, scaled)."""
    _call(lab, clock, DOWN_SECONDS, "destroy", lambda v: v.destroy())


def exchange(lab: Lab, machines: Sequence[str], clock: Clock) -> None:
    """End some machines, and boot them anew as they are planned now; what of them outlives that is the provider's.

    Raises LabBroken when it fails or takes too long (180 s, scaled).
    """
    names, started = " ".join(machines), time.monotonic()
    _call(lab, clock, UP_SECONDS * lab.plan().pace, "up", lambda v: v.exchange(machines, lab.plan().provider))
    trace.command_finished(
        "host",
        f"vagrant destroy --force {names} && vagrant up {names}",
        exit_status=0,
        stdout="",
        stderr="",
        duration=time.monotonic() - started,
        why=said("exchange the machines"),
    )


def _call(lab: Lab, clock: Clock, seconds: float, verb: str, call: Callable[[_TimedVagrant], object]) -> None:
    seconds = clock.seconds(seconds)
    if vagrant.get_vagrant_executable() is None:
        raise UsageProblem(said("Vagrant is missing: run `{setup}`", setup=how_to("setup")))
    lab.directory.mkdir(parents=True, exist_ok=True)
    try:
        call(_TimedVagrant(seconds, lab.log, environment(lab)))
    except ProgramFailed as problem:
        tail = "\n".join(lab.log.read_text(errors="replace").splitlines()[-15:])
        if problem.returncode in (124, 137):
            late = said("vagrant {verb} took more than {s:.0f} s; the end of {log}:", verb=verb, s=seconds, log=lab.log)
            raise LabBroken(late, tail) from None
        said_last = _last_words(lab)
        raise LabBroken(
            said("vagrant {verb} failed; the end of {log}:", verb=verb, log=lab.log), "\n".join([tail, *said_last])
        ) from None


def _last_words(lab: Lab) -> list[str]:
    """A line that names each machine that ended by itself, and what it said last: Vagrant only says that it is gone."""
    words = registry.of_lab(lab).last_words(lab.id)
    return [line for name, text in words.items() for line in (f"{name} ended; it said last:", *text.splitlines())]
