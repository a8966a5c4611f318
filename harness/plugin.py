"""The pytest plugin: options, markers, the `cluster` fixture, and what happens before and after a session."""

import inspect
import signal
from collections.abc import Generator, Iterator, Mapping

import allure
import pytest

from harness import claims, diagnostics, lifecycle, outcome
from harness.cluster import Cluster
from harness.config import OPTIONS, Settings
from harness.errors import LabBroken, UsageProblem
from harness.items import claims_of, settings_for, title_of, trial_of
from harness.keeper import LabKeeper
from harness.preflight import check_host, require_writable
from harness.provider import capabilities
from harness.reporting import Reporting
from harness.session import is_drill, parallel_workers, settings_of, worker_id

pytest_plugins = ("harness.repeating", "harness.side_by_side")

CHECKED = pytest.StashKey[bool]()
FAILED = pytest.StashKey[bool]()
LAST = pytest.StashKey[bool]()
MARKS = pytest.StashKey[Mapping[str, int]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `swarmdrill`, in one group, and their ini keys."""
    group = parser.getgroup("swarmdrill", "the lab that scenarios run on")
    for option in OPTIONS:
        if option.is_flag:
            group.addoption(option.flag, action="store_true", default=None, help=option.help)
        else:
            help_ = option.described()
            group.addoption(option.flag, metavar=option.name.upper(), help=help_)
        parser.addini(option.ini, help=option.help, default=None)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Check the options before anything else happens, and let the reports subscribe."""
    config.addinivalue_line(
        "markers", "scenario(*claims, title, severity, restarts, needs): a drill; names the claims that it checks"
    )
    config.addinivalue_line("markers", "claims(*claims): which of its scenario's claims one case of it checks")
    config.addinivalue_line(
        "markers",
        "shape(managers, workers, engine): the lab that a scenario needs, whatever the run was asked for; "
        "a value is one, or a function of the run's engine version",
    )
    settings = settings_of(config)
    if is_drill(config):
        _refuse_early(config, settings)
        # A job that is cancelled gets SIGTERM; it has to end like Ctrl-C, with everything taken down.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        reporting = Reporting(config, settings)
        config.pluginmanager.register(reporting, "swarmdrill-reporting")
        reporting.subscribe()


def _refuse_early(config: pytest.Config, settings: Settings) -> None:
    """What has to be known before a report is opened or a worker started."""
    try:
        require_writable(settings.reports_dir)
        if settings.reuse and parallel_workers(config):
            raise UsageProblem("--reuse has one lab, so it cannot be used with -n")
    except UsageProblem as problem:
        raise pytest.UsageError(str(problem)) from None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse what this host cannot do, and remove what dead runs left, before any scenario starts."""
    config = session.config
    if is_drill(config) and not config.option.collectonly and not worker_id(config):
        try:
            check_host(settings_of(config), labs=parallel_workers(config) or 1)
        except UsageProblem as problem:
            raise pytest.UsageError(str(problem)) from None
        except (LabBroken, OSError) as problem:
            pytest.exit(f"nothing was drilled: {problem}", returncode=pytest.ExitCode.INTERNAL_ERROR)
        config.stash[CHECKED] = True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what these machines cannot do."""
    try:
        for item in items:
            _skip_what_machines_cannot(item, settings_of(config))
    except UsageProblem as problem:
        raise pytest.UsageError(str(problem)) from None


def _skip_what_machines_cannot(item: pytest.Item, settings: Settings) -> None:
    """Mark a scenario that needs what the machines do not have, with what that is."""
    marker = item.get_closest_marker("scenario")
    needs = marker.kwargs.get("needs", ()) if marker else ()
    if lacking := capabilities.lacking(settings.provider, needs):
        other = "libvirt" if settings.provider == "docker" else "docker"
        reason = f"provider {settings.provider} has no {lacking}; run it with --provider={other}"
        item.add_marker(pytest.mark.skip(reason=reason))
    shape = settings_for(item, settings)
    if settings.reuse and shape != settings:
        needed = f"{shape.managers} managers and {shape.workers} workers with engine {shape.engine}"
        item.add_marker(pytest.mark.skip(reason=f"needs {needed}, which the lab that is reused has not"))
    elif settings.reuse and capabilities.ENGINE_CHANGE in needs:
        item.add_marker(pytest.mark.skip(reason="changes the machines' engines, and the lab that is reused stays"))


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the labs of workers that were killed; their locks went with them."""
    if config.stash.get(CHECKED, False):
        lifecycle.reap()


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
        request.node.stash[MARKS] = diagnostics.mark(cluster)
    except BaseException:
        _keeper.close(broken=True)
        raise
    yield cluster
    stash = request.node.stash
    _keeper.take_back(failed=stash.get(FAILED, False), last=stash.get(LAST, False), since=stash[MARKS])


@pytest.fixture(autouse=True)
def _labels(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Tell Allure what the scenario is about, and the verdicts what to expect; provider and engine tell runs apart."""
    marker = request.node.get_closest_marker("scenario")
    if marker is None:
        return
    outcome.judge_by(settings.engine)
    checked = [claims.claim(id_) for id_ in claims_of(request.node)]
    allure.dynamic.parameter("provider", settings.provider)
    allure.dynamic.parameter("engine", settings.engine)
    allure.dynamic.parameter("managers", settings_for(request.node, settings).managers)
    allure.dynamic.epic("Swarm backup and restore")
    allure.dynamic.parent_suite("swarmdrill")
    allure.dynamic.suite(request.node.path.stem.removeprefix("test_").replace("_", " "))
    allure.dynamic.severity(marker.kwargs.get("severity", "normal"))
    for claim in checked:
        allure.dynamic.feature(f"{claim.id} {claim.text.split('.')[0]}")
        allure.dynamic.tag(claim.id)
        allure.dynamic.link(claim.url, name=f"{claim.id}: {claim.source}")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Give the scenario its texts after allure-pytest has set its own, which it does when the set-up is over."""
    try:
        return (yield)
    finally:
        if item.get_closest_marker("scenario"):
            trial = trial_of(item)
            allure.dynamic.title(f"{title_of(item)}, trial {trial}" if trial else title_of(item))
            allure.dynamic.description(_description(item, [claims.claim(id_) for id_ in claims_of(item)]))


def _description(item: pytest.Item, checked: list[claims.Claim]) -> str:
    """The scenario's docstring, and text and source of each claim that it checks, as Markdown."""
    docstring = getattr(getattr(item, "function", None), "__doc__", None) or ""
    paragraphs = [inspect.cleandoc(docstring)]
    paragraphs += [f"**{claim.id}** {claim.text} ({claim.source})" for claim in checked]
    return "\n\n".join(paragraphs)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Remember whether another scenario follows: after the last one, nothing has to be reset."""
    item.stash[LAST] = nextitem is None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Ask every machine what it knows when a scenario fails, before anything is cleaned up."""
    try:
        return (yield)
    except pytest.skip.Exception:
        raise
    except (Exception, pytest.fail.Exception):  # the latter is no Exception: pytest.raises ends with it
        item.stash[FAILED] = True
        cluster = getattr(item, "funcargs", {}).get("cluster")
        if cluster is not None:
            diagnostics.collect(cluster, item.stash[MARKS])
        raise
