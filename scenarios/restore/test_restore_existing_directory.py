"""Restore onto a directory that is still there: `cp -r` nests the copy, and nothing is restored."""

from swarmdrill.backup.manifest import CopyKind
from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.observe.verdicts import expecting
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.faulty import SkippedDeletion
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.objects import create_config, wait_everywhere, wait_nowhere
from swarmdrill.workload.stack import Stack


@scenario(
    id="restore-onto-existing-directory",
    title=said("Restore onto an existing directory"),
    claims=("D5",),
    severity="critical",
    restarts=3,
)
def test_restore_onto_existing_directory(cluster: Cluster, procedure: DocumentProcedure, stack: Stack) -> None:
    """Step 13 is left out: every manager gets the backup inside its old directory, all start, nothing comes back.

    Restoring from the same backup with step 13 brings the stack back, which proves that the backup was good.
    """
    stack.bring_up(cluster)
    backup = procedure.backup(cluster)
    stack.take_away(cluster)
    with phase("create a config that only the newest state has"):
        create_config(cluster.client, "newest", "made after the backup")

    with expecting(("D5",), said("every copy is nested, and nothing is restored although every engine starts")) as seen:
        nested = DocumentProcedure(SkippedDeletion(procedure.steps)).restore(cluster, backup, kind=CopyKind.NESTED)
        seen += [finding.describe() for finding in nested.findings]
        cluster.wait_ready()
        seen.append(stack.wait_gone(cluster))
        wait_everywhere(cluster, "config/newest")

    procedure.restore(cluster, backup)
    with expecting(("D5",), said("with the directory deleted first, the same backup brings the stack back")) as seen:
        seen.append(stack.wait_running(cluster))
        wait_nowhere(cluster, "config/newest")
