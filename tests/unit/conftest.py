"""What several unit tests need, and the fence around each of them."""

import os
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import pretended
from pretended.clock import PretendedTime, pretend
from pretended.engine import PretendedEngine
from pretended.isolation import unheard
from pretended.isolation.fence import Fence
from swarmdrill.base import directories
from swarmdrill.host import client, tools
from swarmdrill.machines.containers import provider

CHECKOUT = Path(pretended.__file__).resolve().parents[2]
# pytest's own word of where its directories are, so that workers find them.
_KEPT = ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_XDIST_TESTRUNUID", "PYTEST_CURRENT_TEST")
# UTC+5:45, as in tests/isolated.py.
ODD_ZONE = "ODD-5:45"
_fence = pytest.StashKey[Fence]()
# Where modules may write while they are imported, as matplotlib does.
_imports = pytest.StashKey[Path]()
_placed = pytest.StashKey[bool]()


@pytest.fixture(autouse=True)
def a_bare_host(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests pretend programs in PATH: whatever set-up took as the docker client, whatever administrators have.

    Nothing is mounted, and the kernel has no IPVS and no loop devices, until a test says so.
    """
    monkeypatch.setattr(client, "link", lambda: tmp_path / "nothing-chosen" / "docker")
    monkeypatch.setattr(tools, "ADMIN_DIRECTORIES", ())
    monkeypatch.setattr(directories, "MOUNTS", Path(os.devnull))
    monkeypatch.setattr(provider, "IPVS", tmp_path / "no-ipvs")
    monkeypatch.setattr(provider, "LOOP", tmp_path / "no-loop-devices")


@pytest.fixture
def pretended_engine() -> PretendedEngine:
    """An engine of a manager1 that answers with what a test says there is."""
    return PretendedEngine("manager1")


def pytest_configure(config: pytest.Config) -> None:
    """One fence for the process; it is open but around what belongs to unit tests."""
    imports = tempfile.TemporaryDirectory(prefix="swarmdrill-unit-")
    config.add_cleanup(imports.cleanup)
    config.stash[_imports] = Path(imports.name)
    fence = Fence((CHECKOUT, Path(__file__).parent, Path(imports.name)))
    sys.addaudithook(fence.hook)
    unheard.wrap(fence)
    config.stash[_fence] = fence


@pytest.fixture(scope="session", autouse=True)
def _nothing_of_this_host(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Generator[None, None, None]:
    """An empty environment, and the fence from here on."""
    fence = pytestconfig.stash[_fence]
    fence.admit(tmp_path_factory.getbasetemp())
    with _environment(tmp_path_factory.getbasetemp()):
        pytestconfig.stash[_placed] = True
        fence.close()
        yield


@contextmanager
def _environment(place: Path) -> Iterator[None]:
    """No variables but an empty home and PATH, a directory of temporary files, and a time zone that no test expects."""
    before, directory = dict(os.environ), tempfile.tempdir
    for name in os.environ.keys() - set(_KEPT):
        del os.environ[name]
    for variable, name in (("HOME", "no-home"), ("PATH", "no-programs"), ("TMPDIR", "temporary")):
        (place / name).mkdir(exist_ok=True)
        os.environ[variable] = str(place / name)
    os.environ["TZ"] = ODD_ZONE
    time.tzset()
    tempfile.tempdir = None
    try:
        yield
    finally:
        tempfile.tempdir = directory
        os.environ.clear()
        os.environ.update(before)
        time.tzset()


@contextmanager
def _kept_in(config: pytest.Config) -> Iterator[None]:
    """Fail what touches anything of this host within, also where the code under test catches the error."""
    fence = config.stash[_fence]
    # In the set-up of the first test, the fixture that makes the tests' places closes it.
    if _placed in config.stash:
        fence.close()
    try:
        yield
    finally:
        touched = fence.open()
    if touched:
        pytest.fail(_sentence(touched), pytrace=False)


def _sentence(touched: list[str]) -> str:
    return f"a unit test may not see this host: {', '.join(touched)}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Fixtures are of the tests."""
    with _kept_in(item.config):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """A test, and what it tests."""
    with _kept_in(item.config):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """What fixtures do at their end."""
    with _kept_in(item.config):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """A module of tests is imported, its parameters are made: with nothing of this host either."""
    if isinstance(collector, pytest.Session):
        return (yield)
    fence = collector.config.stash[_fence]
    with _environment(collector.config.stash[_imports]):
        fence.close()
        try:
            report = yield
        finally:
            touched = fence.open()
    if touched:
        report.outcome, report.longrepr = "failed", _sentence(touched)
    return report


@pytest.fixture(autouse=True)
def pretended_time(monkeypatch: pytest.MonkeyPatch) -> PretendedTime:
    """The time that waits go by in this test."""
    return pretend(monkeypatch)
