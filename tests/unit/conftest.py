"""What several unit tests need, and the fence around each of them."""

import os
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from pretended import isolation
from pretended.clock import PretendedTime, pretend
from pretended.engine import PretendedEngine
from pretended.isolation import Fence
from swarmdrill.host import client

CHECKOUT = Path(isolation.__file__).resolve().parents[2]
# pytest's own word of where its directories are, so that workers find them.
_KEPT = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID", "PYTEST_CURRENT_TEST")
_fence = pytest.StashKey[Fence]()


@pytest.fixture(autouse=True)
def no_client_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever set-up took as the docker client of this checkout, tests pretend theirs in PATH."""
    monkeypatch.setattr(client, "link", lambda: tmp_path / "nothing-chosen" / "docker")


@pytest.fixture
def pretended_engine() -> PretendedEngine:
    """An engine of a manager1 that answers with what a test says there is."""
    return PretendedEngine("manager1")


@pytest.fixture(scope="session", autouse=True)
def _nothing_of_this_host(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Generator[None, None, None]:
    """An empty environment, home and PATH; temporary files among the tests' own; a fence, which each test closes."""
    place = tmp_path_factory.getbasetemp()
    before = dict(os.environ)
    for name in os.environ.keys() - set(_KEPT):
        del os.environ[name]
    for name in ("no-home", "no-programs", "temporary"):
        (place / name).mkdir()
    os.environ.update(HOME=str(place / "no-home"), PATH=str(place / "no-programs"), TMPDIR=str(place / "temporary"))
    tempfile.tempdir = None
    fence = Fence((CHECKOUT, place))
    sys.addaudithook(fence.hook)
    pytestconfig.stash[_fence] = fence
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Fail the test that touched anything of this host, also where the code under test caught the error."""
    fence = item.config.stash[_fence]
    fence.close()
    try:
        result = yield
    finally:
        touched = fence.open()
    if touched:
        pytest.fail(f"a unit test may not see this host: {', '.join(touched)}", pytrace=False)
    return result


@pytest.fixture(autouse=True)
def pretended_time(monkeypatch: pytest.MonkeyPatch) -> PretendedTime:
    """The time that waits go by in this test."""
    return pretend(monkeypatch)
