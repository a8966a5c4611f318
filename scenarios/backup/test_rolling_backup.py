"""Managers are backed up one after another, with changes in between and while each is stopped."""

from collections.abc import Sequence

import pytest

from swarmdrill.backup.backup import Backup
from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.members import quorum
from swarmdrill.observe import starts
from swarmdrill.observe.verdicts import expect, expecting, require
from swarmdrill.procedures.from_one import FromOne
from swarmdrill.procedures.live import RollingBackup
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.workload.objects import agreed_configs, configs, create_config, wait_everywhere, wait_nowhere


def before(name: str) -> str:
    """The config that is made before the manager of that name is stopped for its backup."""
    return f"before-{name}"


def meanwhile(name: str) -> str:
    """The config that is made while the manager of that name is stopped."""
    return f"while-{name}"


def change_before(cluster: Cluster, machine: Machine) -> None:
    """One more config, named for the manager that is backed up next."""
    create_config(cluster.client, before(machine.name), "made before its backup")
    wait_everywhere(cluster, f"config/{before(machine.name)}")


def change_while_stopped(cluster: Cluster, machine: Machine) -> None:
    """One more config through another manager, as soon as the others have a leader; a majority has it then."""
    other = next(manager for manager in cluster.managers if manager != machine)
    quorum.wait_managed(cluster, other)
    create_config(other.engine, meanwhile(machine.name), f"made while {machine.name} was stopped")


@scenario(
    id="rolling-backup",
    title=said("Managers backed up one after another"),
    claims=("A12", "R3"),
    severity="critical",
    restarts=2,
)
def test_rolling_backup(cluster: Cluster) -> None:
    """Three backups of different times, all restored: all managers agree on what at least a majority of them had.

    The newest backup wins if its manager, or one that has as much, is elected. The others can elect each other only as
    long as they are a majority: of three, the first one's log is shorter than the others', who refuse it their votes
    (raft paper, section 5.4.1). What came after the last backup is in none. In the end one backup is looked into alone:
    it has what was made before its manager was stopped, and not what was made meanwhile.
    """
    if len(cluster.managers) < 3:
        pytest.skip("needs three managers or more: with fewer, one that is stopped costs the quorum")
    order = [machine.name for machine in cluster.managers]
    procedure = RollingBackup(between=change_before, while_stopped=change_while_stopped)
    backup = procedure.backup(cluster)
    with phase("one more change, after the last backup"):
        create_config(cluster.client, "newest", "made after the last backup")
        wait_everywhere(cluster, "config/newest")
        made = agreed_configs(cluster)
    for name in order:
        was_made = {before(name), meanwhile(name)} <= made
        require(
            said("changes before and during {name}'s backup", name=name),
            holds=was_made,
            observed=said("{each:,}", each=sorted(made)),
        )

    mark = cluster.mark(cluster.managers)
    procedure.restore(cluster, backup)
    begun = starts.read(mark)
    with expecting(("R3",), said("all managers agree on one state")) as seen:
        cluster.wait_ready()
        wait_nowhere(cluster, "config/newest")
        names = agreed_configs(cluster)
        seen.append(said("all managers show {names:,}", names=sorted(names)))
    has = [name for name in order if before(name) in names]
    trace.trial(
        said("the state of {has}'s backup", has=has[-1]) if has else said("no backup's state"),
        {said("first candidate"): begun.first or said("nobody")},
    )
    with phase("another manager becomes the leader"):
        cluster.change_leader()
        later = agreed_configs(cluster)
    expect(
        ("R3",),
        said("another leader shows the same"),
        holds=later == names,
        observed=said("{names}, then {later}", names=sorted(names), later=sorted(later)),
    )
    look_into_one(cluster, backup, cluster.managers[-1])
    # Who is elected has the votes of a majority, and nobody votes for a log that is shorter than its own.
    electable = order[len(order) // 2 :]
    expect(
        (),
        said(
            "the state after the restore is that of one backup, of {machines:or}, whom a majority can elect",
            machines=electable,
        ),
        holds=names in [in_backup(order, name) for name in electable],
        observed=said("there: {names:,}", names=sorted(names) or said("nothing")),
    )


def in_backup(order: Sequence[str], name: str) -> frozenset[str]:
    """The configs that were made before the manager `name` was stopped for its backup."""
    earlier = order[: order.index(name)]
    return frozenset([before(name), *map(before, earlier), *map(meanwhile, earlier)])


def look_into_one(cluster: Cluster, backup: Backup, machine: Machine) -> None:
    """Force a new cluster from the backup of one manager alone: it shows what that one holds."""
    FromOne().restore_one(cluster, backup, machine)
    held = frozenset(configs(machine.engine))
    wanted, unwanted = in_backup([manager.name for manager in cluster.managers], machine.name), meanwhile(machine.name)
    expect(
        ("A12",),
        said(
            "in {machine}'s backup is what was made before it was stopped, and not {meanwhile}",
            machine=machine,
            meanwhile=unwanted,
        ),
        holds=wanted <= held and unwanted not in held,
        observed=said("in the backup alone: {held:,}", held=sorted(held) or said("nothing")),
    )
