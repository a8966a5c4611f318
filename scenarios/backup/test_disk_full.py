"""The disk is full: while the backup is copied, and then a log that was cut off."""

from swarmdrill.backup.backup import BACKUP_DIR
from swarmdrill.backup.layout import SWARM_DIR
from swarmdrill.base.messages import of_error, said
from swarmdrill.base.trace import phase
from swarmdrill.base.waiting import reached
from swarmdrill.faults.directories import truncate_log
from swarmdrill.faults.disks import free_disk
from swarmdrill.machines.capabilities import OWN_DISK
from swarmdrill.observe.engine_state import wait_engine_failure
from swarmdrill.observe.verdicts import expect, expecting, refused, require
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.faulty import FullDisk
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm import files
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.shell import CommandFailed
from swarmdrill.workload.stack import Stack

# A log segment is preallocated to 64 MB; half of that does not hold it.
LEFT_MB = 32


@scenario(
    id="disk-full-during-the-backup",
    title=said("Disk full during the backup"),
    claims=("swarmkit#2959",),
    needs=(OWN_DISK,),
    severity="critical",
    restarts=3,
)
def test_disk_full_during_the_backup(cluster: Cluster, procedure: DocumentProcedure, stack: Stack) -> None:
    """A manager's disk fills up while its state directory is copied: no backup results, and nobody believes in one.

    With room again the procedure makes a backup that restores. A log that was cut off, as a full disk leaves it, is
    recognised before the engine starts on it, and the engine itself refuses it.
    """
    victim = cluster.followers()[0]
    stack.bring_up(cluster)

    with refused(CommandFailed) as refusal:
        DocumentProcedure(FullDisk(procedure.steps, victim, leaving=LEFT_MB)).backup(cluster)
    expect(
        (),
        said("the procedure ends with an error that names the machine and the reason"),
        holds=refusal.says(victim.name, "No space left"),
        observed=of_error(refusal.error),
    )
    with phase("make room, and begin again"):
        free_disk(victim, "/var/lib/docker")
        cluster.on_each(lambda machine: files.remove(machine, BACKUP_DIR), cluster.managers)
        cluster.start_docker()
        cluster.leader()
    backup = procedure.backup(cluster)
    stack.take_away(cluster)

    with phase("a restored log that is cut off"):
        procedure.put_back(cluster, backup)
        truncate_log(victim, SWARM_DIR)
    finding = procedure.inspect(cluster, backup, [victim])[0]
    require(said("the cut-off log is named"), holds=finding.kind == "incomplete", observed=finding.describe())
    with phase("start the engines on it all the same"):
        cluster.start_docker()
    failed, answer = reached(lambda: wait_engine_failure(cluster, victim, "WAL"))
    expect(
        ("swarmkit#2959",),
        said("the engine does not take part in the swarm and says why"),
        holds=failed,
        observed=answer,
    )

    procedure.restore(cluster, backup)
    with expecting((), said("restoring every manager again brings the stack back")) as seen:
        cluster.wait_ready()
        seen.append(stack.wait_running(cluster))
