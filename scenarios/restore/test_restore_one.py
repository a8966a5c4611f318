"""Restore only one manager: the newest state wins, and the restore has no effect."""

import pytest

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.observe.verdicts import expecting
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.objects import create_config, wait_everywhere, wait_nowhere
from swarmdrill.workload.stack import Stack


@scenario(id="restore-one", title=said("Restore only one manager"), claims=("D6",), severity="critical", restarts=3)
@pytest.mark.parametrize("restored", ["leader", "follower", "other follower"])
def test_restore_only_one(cluster: Cluster, procedure: Procedure, stack: Stack, restored: str) -> None:
    """One manager gets the old state back while all are stopped; every manager then reports the newest state.

    Restoring all of them from the same backup brings the stack back, which proves that the backup was good.
    """
    if len(cluster.managers) < 3:
        pytest.skip("needs three managers or more: with fewer, one manager restored is a majority")
    stack.bring_up(cluster)
    backup = procedure.backup(cluster)
    stack.take_away(cluster)
    with phase("create a config that only the newest state has"):
        create_config(cluster.client, "newest", "made after the backup")

    followers = cluster.followers()
    chosen = {"leader": cluster.leader(), "follower": followers[0], "other follower": followers[1]}[restored]
    procedure.restore(cluster, backup, only=[chosen])

    with expecting(
        ("D6",),
        said(
            "every manager has the newest state; {chosen}, the {restored}, was restored",
            chosen=chosen,
            restored=restored,
        ),
    ) as seen:
        cluster.wait_ready()
        seen.append(stack.wait_gone(cluster))
        wait_everywhere(cluster, "config/newest")

    procedure.restore(cluster, backup)
    with expecting(("D6",), said("restoring every manager from the same backup brings the stack back")) as seen:
        seen.append(stack.wait_running(cluster))
        wait_nowhere(cluster, "config/newest")
