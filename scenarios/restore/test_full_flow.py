"""The document's twenty steps, in order."""

from pathlib import Path

from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.observe.state import changes, state_of
from swarmdrill.observe.verdicts import expect, expecting, require
from swarmdrill.procedures.document import numbered
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.objects import configs
from swarmdrill.workload.stack import Stack
from swarmdrill.workload.tasks import served_page
from swarmdrill.workload.tutorial import INDEX, write_compose_file, write_index
from swarmdrill.workload.volumes import create_volume, remove_volume, volumes

VOLUME = "drill"


@scenario(
    id="full-flow",
    title=said("Full flow: back up, delete, restore"),
    claims=("D1", "D3", "D5"),
    severity="blocker",
    restarts=2,
)
def test_full_flow(cluster: Cluster, procedure: Procedure, tmp_path: Path) -> None:
    """Deploy a stack, back up every manager, delete the stack, restore every manager: the stack is back."""
    at_first = state_of(cluster.client)
    with numbered("1"):
        write_index(tmp_path)
    with numbered("2"):
        stack = Stack("test", write_compose_file(tmp_path))
    with numbered("3"):
        stack.deploy(cluster)
    with numbered("4"):
        stack.wait_running(cluster)
    with numbered("5"):
        expect_config(cluster, stack)
    with numbered("5b"):
        expect_page(cluster, stack)
    with trace.phase("beside the document: a volume, for claim D3"):
        create_volume(cluster.client, VOLUME)
    backed_up = state_of(cluster.client)

    backup = procedure.backup(cluster)

    with numbered("10"):
        stack.remove(cluster)
    with numbered("11"):
        stack.wait_gone(cluster)
    with trace.phase("beside the document: remove the volume"):
        remove_volume(cluster.client, VOLUME)

    procedure.restore(cluster, backup)

    with expecting(("D1", "D5"), said("the stack is back and serves after every manager was restored")) as seen:
        with numbered("17"):
            seen.append(stack.wait_running(cluster))
        with numbered("18"):
            expect_config(cluster, stack)
        with numbered("19"):
            expect_page(cluster, stack)
    restored = state_of(cluster.client)
    expect(
        ("D1",),
        said("every object is back with its id"),
        holds=restored == backed_up,
        observed=changes(backed_up, restored),
    )
    left, foreign = volumes(cluster.client), backup.foreign_files()
    expect(
        ("D3",),
        said("the backup has the swarm's own files only, and the volume is not back"),
        holds=VOLUME not in left and not foreign,
        observed=said("volumes: {left:,}; other files: {foreign:,}", left=left, foreign=foreign),
    )
    with numbered("20"):
        stack.remove(cluster)
        stack.wait_gone(cluster)
    at_last = state_of(cluster.client)
    require(
        said("the cluster is as it was before step 1"), holds=at_last == at_first, observed=changes(at_first, at_last)
    )


def expect_page(cluster: Cluster, stack: Stack) -> None:
    """The document's curl shows the document's index."""
    page = served_page(cluster, stack.service("backup"))
    require(
        said("curl localhost shows {index!r}", index=INDEX), holds=page == INDEX, observed=said("{page!r}", page=page)
    )


def expect_config(cluster: Cluster, stack: Stack) -> None:
    """The list of configs has the document's config."""
    found, name = configs(cluster.client), stack.config("index")
    require(
        said("config {name} is listed", name=name),
        holds=name in found,
        observed=said("{configs:,}", configs=found),
    )
