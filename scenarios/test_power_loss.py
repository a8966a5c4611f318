"""The power fails: right after the backup, and in the middle of the restore."""

import pytest

from harness import copies
from harness.cluster import Cluster
from harness.copies import Kind
from harness.outcome import expect, expecting
from harness.power import cut_power, power_on
from harness.procedures.document import DocumentProcedure
from harness.provider.capabilities import SNAPSHOTS
from harness.stack import Stack
from harness.trace import phase


@pytest.mark.scenario(
    "D1", title="Power loss right after the backup", severity="critical", restarts=2, needs=(SNAPSHOTS,)
)
def test_power_loss_after_the_backup(cluster: Cluster, procedure: DocumentProcedure, stack: Stack) -> None:
    """All machines lose power when the copies were made, and come back with their swarm.

    What a machine had not written to its disk by then is gone, and that can be the copy: the manifest taken with
    the backup tells.
    """
    stack.bring_up(cluster)
    backup = procedure.backup(cluster)
    with phase("power loss"):
        cut_power(cluster, cluster.machines)
        power_on(cluster, cluster.machines)
    with expecting(("D1",), "the swarm comes back with its stack, without anybody's help") as seen:
        cluster.leader()
        cluster.wait_ready()
        seen.append(stack.wait_running(cluster))
    now = cluster.on_each(lambda machine: copies.read_manifest(machine, backup.directory), cluster.managers)
    lost = {name: sorted(set(backup.manifests[name].items()) - set(now[name].items())) for name in now}
    expect(
        (),
        "every copy that was read back before the power failed is still what it was",
        holds=not any(lost.values()),
        observed="; ".join(f"{name}: {len(files)} files differ" for name, files in lost.items()),
    )


@pytest.mark.scenario("D1", title="Power loss during the restore", severity="critical", restarts=3, needs=(SNAPSHOTS,))
def test_power_loss_during_the_restore(cluster: Cluster, procedure: DocumentProcedure, stack: Stack) -> None:
    """One machine loses power right after step 14; the others are restored and wait.

    It boots with what was on its disk by then, and its engine starts by itself on that. What lies there is found out
    before it is relied on, and restoring every manager once more repairs it.
    """
    stack.bring_up(cluster)
    backup = procedure.backup(cluster)
    stack.take_away(cluster)

    victim = cluster.followers()[0]
    with phase("steps 12 to 15, and the power of one machine fails"):
        procedure.put_back(cluster, backup)
        cut_power(cluster, [victim])
        power_on(cluster, [victim])
        victim.stop_docker()
    finding = procedure.inspect(cluster, backup, [victim])[0]
    expect(
        (),
        "the machine's copy is named as not what was restored: its engine ran on it, or part of it was never written",
        holds=finding.kind is not Kind.FAITHFUL,
        observed=finding.describe(),
    )
    procedure.restore(cluster, backup)
    with expecting(("D1",), "restoring every manager once more brings the stack back") as seen:
        cluster.wait_ready()
        seen.append(stack.wait_running(cluster))
