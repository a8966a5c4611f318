"""The power fails: right after the backup, and in the middle of the restore."""

import pytest

from harness import copies, trace
from harness.cluster import SWARM_DIR, Cluster
from harness.copies import Kind
from harness.machine import Machine
from harness.outcome import expect, expecting
from harness.power import cut_power, hold_engine, let_engine_go, power_on
from harness.procedures.document import Backup, DocumentProcedure
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
    """One machine loses power while its copy is written back; the others are restored and wait.

    `cp` ends when the kernel has the data; the disk gets them later. The machine boots without its engine, and what
    lies there is found out before anything relies on it. Restoring every manager once more repairs it.
    """
    stack.bring_up(cluster)
    backup = procedure.backup(cluster)
    stack.take_away(cluster)

    victim = cluster.followers()[0]
    procedure.put_back(cluster, backup, only=[machine for machine in cluster.managers if machine is not victim])
    with phase(f"the power of {victim.name} fails in its step 14"):
        hold_engine(victim)
        procedure.delete(victim)
        # What was deleted is on the disk as deleted; what is lost is the copy.
        victim.run("sync", why="everything up to here is on the disk")
        procedure.copy_back(victim, backup)
        cut_power(cluster, [victim])
        power_on(cluster, [victim])
    kind, seen_there = what_is_left(cluster, procedure, backup, victim)
    trace.trial(f"what is left: {kind}")
    expect(
        (),
        "no whole copy is left, and that is named before an engine starts on it",
        holds=kind != Kind.FAITHFUL,
        observed=seen_there,
    )
    let_engine_go(victim)
    procedure.restore(cluster, backup)
    with expecting(("D1",), "restoring every manager once more brings the stack back") as seen:
        cluster.wait_ready()
        seen.append(stack.wait_running(cluster))


def what_is_left(cluster: Cluster, procedure: DocumentProcedure, backup: Backup, victim: Machine) -> tuple[str, str]:
    """What step 15 and the comparison with the backup say of the machine's directory: its kind, and why."""
    if victim.run(f"test -d {SWARM_DIR}", why="step 15 on this machine", check=False).exit_status != 0:
        victim.run(f"mkdir {SWARM_DIR}", why="step 13 of the next restore deletes it")
        return "no directory", f"{victim.name} has no {SWARM_DIR}"
    finding = procedure.inspect(cluster, backup, [victim])[0]
    return finding.kind, finding.describe()
