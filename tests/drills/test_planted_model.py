"""A drill with a wrong model: the search has to find that on a real cluster, and shrink it to the shortest sequence.

An hour: `.venv/bin/pytest tests/drills/test_planted_model.py --examples=10`. The unit tests do it in memory.
"""

from collections.abc import Mapping
from pathlib import Path

from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.base.settings import Settings
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.raft.model import Fate, Log, Prediction, StartOutcome
from swarmdrill.sequences.on_cluster import Stage
from swarmdrill.sequences.search import search
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.tutorial import write_compose_file, write_index

SHORTEST = ["back up", "change", "stop all", "restore", "start all"]


def newest_wins(logs: Mapping[str, Log]) -> Prediction:
    """What the document says (D6), and what is wrong where most managers are restored: the newest state always wins."""
    newest = max(logs.values(), key=lambda log: log.newness)
    outcomes = frozenset({StartOutcome(newest.history, Fate.ALIKE)})
    return Prediction(outcomes, outcomes, "the newest always wins")


@scenario(id="wrong-model", title="A wrong model is found out")
def test_wrong_model(cluster: Cluster, drill_settings: Settings, tmp_path: Path) -> None:
    """The shortest sequence that shows it: back up, change, stop all, restore, start all."""
    names = [machine.name for machine in cluster.managers]
    write_index(tmp_path)
    stage = Stage(cluster, DocumentProcedure(), write_compose_file(tmp_path))

    found = search(stage, names, examples=drill_settings.examples, model=newest_wins, tries=6)

    trace.observe(said("what the sequences came to"), found.describe())
    assert found.contradiction, found.describe()
    steps = found.contradiction.split(": ")[0].split("; ")
    assert [step.split(" manager")[0].split(" (")[0] for step in steps] == SHORTEST, found.describe()
