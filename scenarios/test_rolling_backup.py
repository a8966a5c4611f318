"""Managers are backed up one after another, with changes in between."""

import pytest

from harness import restart, trace
from harness.cluster import Cluster
from harness.machine import Machine
from harness.objects import agreed_configs, create_config, wait_everywhere, wait_nowhere
from harness.outcome import expect, expecting
from harness.procedures.live import RollingBackup
from harness.trace import phase


class WithChanges(RollingBackup):
    """Before each manager is backed up, something is made in the swarm; while it is stopped, something else."""

    def between(self, cluster: Cluster, machine: Machine) -> None:
        """One more config, named for the manager that is backed up next."""
        create_config(cluster.client, f"before-{machine.name}", "made before its backup")
        wait_everywhere(cluster, f"config/before-{machine.name}")


@pytest.mark.scenario("A12", "R3", title="Managers backed up one after another", severity="critical", restarts=1)
def test_rolling_backup(cluster: Cluster) -> None:
    """Three backups of different times, all restored: all managers agree on what at least a majority of them had.

    The newest backup wins if its manager, or one that has as much, is elected. The others can elect each other only as
    long as they are a majority. What came after the last backup is in none.
    """
    order = [machine.name for machine in cluster.managers]
    procedure = WithChanges()
    backup = procedure.backup(cluster)
    with phase("one more change, after the last backup"):
        create_config(cluster.client, "newest", "made after the last backup")
        wait_everywhere(cluster, "config/newest")

    since = restart.mark(cluster)
    procedure.restore(cluster, backup)
    begun = restart.read(cluster, since)
    with expecting(("R3",), "all managers agree on one state") as seen:
        cluster.wait_ready()
        wait_nowhere(cluster, "config/newest")
        names = agreed_configs(cluster)
        seen.append(f"all managers show {', '.join(sorted(names))}")
    has = [name for name in order if f"before-{name}" in names]
    majority = order[: len(order) // 2 + 1]
    trace.trial(
        f"the state of {has[-1]}'s backup" if has else "no backup's state", {"first candidate": begun.first or "nobody"}
    )
    expect(
        ("A12", "R3"),
        "what was made before a majority's backups is there, what came after the last backup is not",
        holds=set(majority[:1]) <= set(has) and "newest" not in names,
        observed=f"there: what was made before the backups of {', '.join(has) or 'nobody'}",
    )
    with phase("another manager becomes the leader"):
        cluster.change_leader()
        later = agreed_configs(cluster)
    expect(
        ("R3",),
        "another leader shows the same",
        holds=later == names,
        observed=f"{sorted(names)}, then {sorted(later)}",
    )
