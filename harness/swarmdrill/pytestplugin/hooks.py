"""The pytest plugin: options, markers, the `cluster` fixture, and what happens before and after a session."""

import signal
from collections.abc import Generator

import pytest

from swarmdrill.base import places
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.settings import OPTIONS, Settings
from swarmdrill.machines import capabilities, removal
from swarmdrill.observe import diagnostics
from swarmdrill.pytestplugin.items import needs_of, settings_for
from swarmdrill.pytestplugin.markers import CASE_MARKER, MARKER
from swarmdrill.pytestplugin.preflight import check_host, require_writable
from swarmdrill.pytestplugin.reporting import Reporting
from swarmdrill.pytestplugin.session import is_drill, parallel_workers, settings_of, worker_id
from swarmdrill.pytestplugin.stash import CHECKED, FAILED, LAST, MARK

pytest_plugins = (
    "swarmdrill.pytestplugin.collection",
    "swarmdrill.pytestplugin.fixtures",
    "swarmdrill.pytestplugin.labels",
    "swarmdrill.pytestplugin.repeat",
    "swarmdrill.pytestplugin.xdist.hooks",
)


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
    config.addinivalue_line("markers", f"{MARKER}(about): a drill; what markers.scenario puts on it")
    config.addinivalue_line("markers", f"{CASE_MARKER}(about): a row of its parameters; what markers.case puts on it")
    settings = settings_of(config)
    if is_drill(config):
        places.keep_state_in(settings.state_dir)
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
            raise UsageProblem(said("--reuse has one lab, so it cannot be used with -n"))
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
    needs = needs_of(item)
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
        removal.reap()


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
            diagnostics.collect(cluster, item.stash[MARK])
        raise
