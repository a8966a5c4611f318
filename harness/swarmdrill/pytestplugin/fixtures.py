"""The fixtures that a scenario asks for."""

from collections.abc import Iterator

import pytest

from swarmdrill.base.settings import Settings
from swarmdrill.pytestplugin.items import settings_for
from swarmdrill.pytestplugin.lab_keeper import LabKeeper
from swarmdrill.pytestplugin.session import settings_of, worker_id
from swarmdrill.pytestplugin.stash import FAILED, LAST, MARK
from swarmdrill.swarm.cluster import Cluster


@pytest.fixture(scope="session")
def settings(pytestconfig: pytest.Config) -> Settings:
    """What the run was asked for."""
    return settings_of(pytestconfig)


@pytest.fixture(scope="session")
def _keeper(pytestconfig: pytest.Config, settings: Settings) -> Iterator[LabKeeper]:
    keeper = LabKeeper(settings, worker_id(pytestconfig))
    yield keeper
    keeper.close()


@pytest.fixture
def cluster(request: pytest.FixtureRequest, _keeper: LabKeeper, settings: Settings) -> Iterator[Cluster]:
    """Managers that form an empty swarm; what the scenario leaves on it is removed afterwards."""
    try:
        cluster = _keeper.cluster(settings_for(request.node, settings))
        request.node.stash[MARK] = cluster.mark()
    except BaseException:
        _keeper.close(broken=True)
        raise
    yield cluster
    stash = request.node.stash
    _keeper.take_back(failed=stash.get(FAILED, False), last=stash.get(LAST, False), since=stash[MARK])
