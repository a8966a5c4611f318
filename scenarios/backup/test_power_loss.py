"""The power fails: right after the backup, and in the middle of the restore."""

from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.backup.manifest import CopyKind
from swarmdrill.base.messages import in_turn, said
from swarmdrill.base.trace import phase
from swarmdrill.faults import engines
from swarmdrill.faults.copying import copy_half
from swarmdrill.faults.power import NOT_TRIED, cut_power, power_on
from swarmdrill.machines.capabilities import SNAPSHOTS
from swarmdrill.observe.engine_state import processes
from swarmdrill.observe.verdicts import expect, expecting, require
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm import files
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.stack import Stack


@scenario(
    id="power-loss-after-the-backup",
    title=said("Power loss right after the backup"),
    claims=("D1",),
    needs=(SNAPSHOTS,),
    severity="critical",
    restarts=2,
)
def test_power_loss_after_the_backup(cluster: Cluster, procedure: Procedure, stack: Stack) -> None:
    """All machines lose power when the copies were made, and come back with their swarm.

    What a machine had not written to its disk by then is gone, and that can be the copy: the manifest taken with
    the backup tells.
    """
    stack.bring_up(cluster)
    backup = procedure.backup(cluster)
    with phase("power loss"):
        cut_power(cluster, cluster.machines)
        power_on(cluster, cluster.machines)
    with expecting(("D1",), said("the swarm comes back with its stack, without anybody's help")) as seen:
        cluster.leader()
        cluster.wait_ready()
        seen += [stack.wait_running(cluster), NOT_TRIED]
    now = cluster.on_each(lambda machine: files.read_manifest(machine, backup.directory), cluster.managers)
    lost = {name: sorted(set(backup.manifests[name].items()) - set(now[name].items())) for name in now}
    expect(
        (),
        said("every copy that was read back before the power failed is still what it was"),
        holds=not any(lost.values()),
        observed=in_turn(
            said("{machine}: {number} files differ", machine=name, number=len(paths)) for name, paths in lost.items()
        ),
    )


@scenario(
    id="power-loss-during-the-restore",
    title=said("Power loss during the restore"),
    claims=("D1",),
    needs=(SNAPSHOTS,),
    severity="critical",
    restarts=3,
)
def test_power_loss_during_the_restore(cluster: Cluster, procedure: DocumentProcedure, stack: Stack) -> None:
    """One machine loses power while step 14 runs on it; the others are restored and wait.

    Its engine is masked, so that nothing touches what is on its disk then. That is named as not what was to be
    restored, and restoring every manager once more repairs it.
    """
    stack.bring_up(cluster)
    backup = procedure.backup(cluster)
    stack.take_away(cluster)

    victim = cluster.followers()[0]
    with phase("steps 12 to 15, and the power of one machine fails in step 14"):
        procedure.put_back(cluster, backup, only=[machine for machine in cluster.managers if machine != victim])
        engines.forbid_start(victim)
        procedure.steps.delete(victim)
        copy_half(victim, backup).require_there()
        cut_power(cluster, [victim])
        power_on(cluster, [victim])
    running = processes(victim)
    require(
        said("the engine did not start at boot"),
        holds=not running,
        observed=said("dockerd is process {ids:,}", ids=running) if running else said("no dockerd"),
    )
    files.make_directory(victim, SWARM_DIR, why=said("a directory that never reached the disk is an empty one"))
    finding = procedure.inspect(cluster, backup, [victim])[0]
    expect(
        (),
        said("the machine's directory is named as part of the backup, or as the older one whose deletion was lost"),
        holds=finding.kind in (CopyKind.INCOMPLETE, CopyKind.STALE),
        observed=finding.describe(),
    )
    engines.allow_start(victim)
    procedure.restore(cluster, backup)
    with expecting(("D1",), said("restoring every manager once more brings the stack back")) as seen:
        cluster.wait_ready()
        seen += [stack.wait_running(cluster), NOT_TRIED]
