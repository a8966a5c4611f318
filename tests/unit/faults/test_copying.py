"""A copy that stops half-way: which process it is, and that one which ended is noticed."""

import pytest

from pretended.cluster import PretendedRemote, machine
from swarmdrill.backup.backup import Backup
from swarmdrill.faults import engines
from swarmdrill.faults.copying import copy_half
from swarmdrill.faults.directories import lose_certificate, lose_log
from swarmdrill.machines.ssh import Completed
from swarmdrill.swarm import files
from swarmdrill.swarm.shell import CommandFailed


def test_a_half_copy_knows_its_process() -> None:
    victim = machine("manager2", run=lambda _: Completed(0, "4711\n", "", 0.0))
    half = copy_half(victim, Backup("/backup", {}))
    half.require_there()
    assert half.process == 4711
    assert isinstance(victim.remote, PretendedRemote)
    copied, seen = victim.remote.commands
    assert copied.startswith("setsid cp -r /backup /var/lib/docker/swarm ")
    assert seen == "ps -o args= -p 4711"


def test_one_that_was_through_before_is_no_half_copy() -> None:
    with pytest.raises(CommandFailed):
        copy_half(machine("manager2", run=lambda _: Completed(1, "4711\n", "", 0.0)), Backup("/backup", {}))


@pytest.mark.parametrize(
    ("fault", "typed"),
    [
        (lose_log, "rm -r /var/lib/docker/swarm/raft"),
        (lose_certificate, "rm /var/lib/docker/swarm/certificates/swarm-node.crt"),
        (engines.forbid_start, "systemctl mask docker.service docker.socket && sync"),
        (engines.allow_start, "systemctl unmask docker.service docker.socket"),
        (lambda victim: files.copy(victim, "/a b", "/c"), "cp -a '/a b' /c"),
        (lambda victim: files.move(victim, "/a", "/b"), "mv /a /b"),
        (lambda victim: files.remove(victim, "/a"), "rm -rf /a"),
        (lambda victim: files.make_directory(victim, "/a"), "mkdir -p /a"),
    ],
)
def test_what_is_typed(fault, typed: str) -> None:
    victim = machine("manager2")
    fault(victim)
    assert isinstance(victim.remote, PretendedRemote)
    assert victim.remote.commands == [typed]
