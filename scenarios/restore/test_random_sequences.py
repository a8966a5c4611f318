"""Random sequences of backups, changes, restores and restarts, compared with the model."""

from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.base.settings import Settings
from swarmdrill.observe.verdicts import expect, require
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.sequences.on_cluster import Stage
from swarmdrill.sequences.search import search
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.stack import Stack


@scenario(id="random-sequences", title=said("Random sequences against the model"), severity="critical", restarts=6)
def test_random_sequences(
    cluster: Cluster, procedure: DocumentProcedure, stack: Stack, drill_settings: Settings
) -> None:
    """Whatever is backed up, changed, restored and restarted in whatever order, the model allows what follows.

    `--examples` says how many sequences are drawn and played. After each step that lets managers start, the cluster has
    to show a state that the model allows from where the managers' logs stood. The first sequence that contradicts it is
    shrunk: shorter ones are played, up to 60, and the shortest that contradicts the model too is the evidence.
    """
    names = [machine.name for machine in cluster.managers]
    stage = Stage(cluster, procedure, stack.compose_file)

    found = search(stage, names, examples=drill_settings.examples, database=drill_settings.reports_dir / "sequences")

    trace.observe(said("what the sequences came to"), found.describe())
    expect(
        (), said("every sequence ends as the model allows"), holds=not found.contradiction, observed=found.describe()
    )
    require(
        said("as many sequences as asked for"),
        holds=found.played == drill_settings.examples,
        observed=said("{played}", played=found.played),
    )
