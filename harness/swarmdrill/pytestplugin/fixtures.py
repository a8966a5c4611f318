"""The fixtures that a scenario asks for. They load the lab only when one does."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.settings import Settings
from swarmdrill.pytestplugin.items import settings_for
from swarmdrill.pytestplugin.session import FAILED, LAST, MARK, is_drill, settings_of, worker_id

if TYPE_CHECKING:
    from swarmdrill.faults.interface import Fault
    from swarmdrill.faults.loading import Faults
    from swarmdrill.procedures.interface import Procedure
    from swarmdrill.pytestplugin.lab_keeper import LabKeeper
    from swarmdrill.swarm.cluster import Cluster
    from swarmdrill.workload.stack import Stack


# Not `settings`: a plugin that is in everybody's sessions takes no name that others have (pytest-django has that one).
@pytest.fixture(scope="session")
def drill_settings(pytestconfig: pytest.Config) -> Settings:
    """What the run was asked for."""
    return settings_of(pytestconfig)


@pytest.fixture(scope="session")
def _swarmdrill_keeper(pytestconfig: pytest.Config, drill_settings: Settings) -> "Iterator[LabKeeper]":
    from swarmdrill.pytestplugin import lab_keeper  # noqa: PLC0415  (it loads the lab)

    if not is_drill(pytestconfig):
        raise UsageProblem(
            said("in a parallel session only a @scenario gets a cluster (swarmdrill.pytestplugin.markers)")
        )
    keeper = lab_keeper.LabKeeper(drill_settings, worker_id(pytestconfig))
    yield keeper
    keeper.close()


@pytest.fixture
def cluster(
    request: pytest.FixtureRequest, _swarmdrill_keeper: "LabKeeper", drill_settings: Settings
) -> "Iterator[Cluster]":
    """Managers that form an empty swarm; what the scenario leaves on it is removed afterwards."""
    keeper = _swarmdrill_keeper
    try:
        cluster = keeper.cluster(settings_for(request.node, drill_settings))
        request.node.stash[MARK] = cluster.mark()
    except BaseException:
        keeper.close(broken=True)
        raise
    yield cluster
    stash = request.node.stash
    keeper.take_back(failed=stash.get(FAILED, False), last=stash.get(LAST, False), since=stash[MARK])


@pytest.fixture
def procedure(drill_settings: Settings) -> "Procedure":
    """The way to back up and restore that `--procedure` names: the document's where it is not said.

    A `conftest.py` that has a fixture of this name drills another, whatever the option says.
    """
    from swarmdrill.procedures import loading  # noqa: PLC0415  (it loads the lab)

    return loading.named(drill_settings.procedure)


@pytest.fixture
def faults(cluster: "Cluster") -> "Faults":
    """Gives a fault by its name: `faults("engines-killed").inject(cluster, victims)`.

    The scenario is skipped, with the fault's own reason, where it cannot happen on these machines.
    """
    from swarmdrill.faults import loading  # noqa: PLC0415  (it loads the lab)

    def named(name: str) -> "Fault":
        fault = loading.named(name)
        if (reason := fault.available(cluster)) is not None:
            pytest.skip(said("fault {name}: {reason}", name=name, reason=reason))
        return fault

    return named


@pytest.fixture
def stack(tmp_path: Path) -> "Stack":
    """The document's stack, its files written (steps 1 and 2) and not yet deployed."""
    from swarmdrill.workload import tutorial  # noqa: PLC0415  (it is the lab's)
    from swarmdrill.workload.stack import Stack  # noqa: PLC0415  (it loads the lab)

    tutorial.write_index(tmp_path)
    return Stack("test", tutorial.write_compose_file(tmp_path))
