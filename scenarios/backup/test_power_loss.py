"""The power fails: right after the backup, and in the middle of the restore."""

from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.backup.manifest import CopyKind
from swarmdrill.base.messages import in_turn, quoted, said
from swarmdrill.base.trace import phase
from swarmdrill.faults.power import NOT_TRIED, cut_power, power_on
from swarmdrill.machines.capabilities import SNAPSHOTS
from swarmdrill.observe.verdicts import expect, expecting, require
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm import files as swarm_files
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.workload.stack import Stack


@scenario(
    id="power-loss-after-the-backup",
    title="Power loss right after the backup",
    claims=("D1",),
    needs=(SNAPSHOTS,),
    severity="critical",
    restarts=2,
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
    with expecting(("D1",), said("the swarm comes back with its stack, without anybody's help")) as seen:
        cluster.leader()
        cluster.wait_ready()
        seen += [stack.wait_running(cluster), NOT_TRIED]
    now = cluster.on_each(lambda machine: swarm_files.read_manifest(machine, backup.directory), cluster.managers)
    lost = {name: sorted(set(backup.manifests[name].items()) - set(now[name].items())) for name in now}
    expect(
        (),
        said("every copy that was read back before the power failed is still what it was"),
        holds=not any(lost.values()),
        observed=in_turn(
            said("{machine}: {number} files differ", machine=name, number=len(files)) for name, files in lost.items()
        ),
    )


@scenario(
    id="power-loss-during-the-restore",
    title="Power loss during the restore",
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
        victim.run("systemctl mask docker.service docker.socket && sync", why=said("the engine must not start at boot"))
        procedure.steps.delete(victim)
        copying = copy_half(victim, backup.directory)
        victim.run(f"ps -o args= -p {copying}", why=said("it still copies when the power fails"))
        cut_power(cluster, [victim])
        power_on(cluster, [victim])
    engine = victim.run("pgrep -x dockerd", why=said("nothing ran on what is there"), check=False)
    require(
        said("the engine did not start at boot"),
        holds=engine.exit_status == 1,
        observed=quoted(engine.stdout) or said("no dockerd"),
    )
    victim.run(f"mkdir -p {SWARM_DIR}", why=said("a directory that never reached the disk is an empty one"))
    finding = procedure.inspect(cluster, backup, [victim])[0]
    expect(
        (),
        said("the machine's directory is named as part of the backup, or as the older one whose deletion was lost"),
        holds=finding.kind in (CopyKind.INCOMPLETE, CopyKind.STALE),
        observed=finding.describe(),
    )
    victim.run("systemctl unmask docker.service docker.socket", why=said("the engine may start again"))
    procedure.restore(cluster, backup)
    with expecting(("D1",), said("restoring every manager once more brings the stack back")) as seen:
        cluster.wait_ready()
        seen += [stack.wait_running(cluster), NOT_TRIED]


def copy_half(machine: Machine, backup: str) -> int:
    """Start step 14 on the machine, and stop that process as soon as there is something of the copy; return its id.

    In a session of its own, or the kernel would let it go on when this shell ends (setpgid(2): orphaned groups).
    Raises CommandFailed where the copy was through before it could be stopped.
    """
    done = machine.run(
        f"setsid cp -r {backup} {SWARM_DIR} </dev/null >/dev/null 2>&1 & copy=$!; "
        f"until [ -e {SWARM_DIR} ] || ! kill -0 $copy; do :; done; kill -STOP $copy; "
        "while state=$(ps -o state= -p $copy) && [ $state != T ]; do :; done; "
        "echo $copy; [ $state = T ]",
        why=said("the copy is stopped half-way"),
        timeout=20,
    )
    return int(done.stdout)
