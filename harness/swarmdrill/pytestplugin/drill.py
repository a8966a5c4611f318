"""A session that drills: what it refuses, who hears of it, and what happens around each of its scenarios.

Loaded only where there is a scenario: it brings the lab and every report with it.
"""

import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from _pytest.junitxml import xml_key

from swarmdrill.base import places
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.machines import hosts, removal
from swarmdrill.observe import diagnostics
from swarmdrill.observe.verdicts import judged_by
from swarmdrill.procedures import loading
from swarmdrill.pytestplugin.labels import Labels
from swarmdrill.pytestplugin.preflight import check_host, require_writable
from swarmdrill.pytestplugin.reporting import Reporting
from swarmdrill.pytestplugin.session import (
    CHECKED,
    DRILLS,
    FAILED,
    LAST,
    MARK,
    controls_workers,
    is_drill,
    parallel_workers,
    settings_of,
    worker_id,
)
from swarmdrill.results.claims import all_claims

REPORTING = "swarmdrill-reporting"


def begin(config: pytest.Config) -> None:
    """From here on the session is a drill: show what happens. Does nothing where it is one already.

    What the last run left stays until `check` has looked at the host; a worker's controller has done that.
    Raises pytest.UsageError where the session cannot have what it was asked for.
    """
    if is_drill(config):
        return
    settings = settings_of(config)
    with _refusing(config):
        require_writable(settings.reports_dir)
        if settings.reuse and parallel_workers(config):
            raise UsageProblem(said("--reuse has one lab, so it cannot be used with -n"))
        # The user's own may be no good.
        all_claims()
        loading.named(settings.procedure)
        reporting = Reporting(config, settings)
    config.stash[DRILLS] = True
    places.keep_state_in(settings.state_dir)
    # A job that is cancelled gets SIGTERM; it has to end like Ctrl-C, with everything taken down.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config.pluginmanager.register(reporting, REPORTING)
    config.pluginmanager.register(Around(settings.engine), "swarmdrill-around")
    if not controls_workers(config):
        config.pluginmanager.register(Labels(settings), "swarmdrill-labels")
    reporting.subscribe()
    if worker_id(config):
        reporting.open_files()


def check(config: pytest.Config) -> None:
    """Refuse what this host cannot do, and remove what dead runs left, before any scenario starts.

    Raises pytest.UsageError, or ends the session where the host itself is broken: what the last run left stays.
    """
    with _refusing(config):
        check_host(settings_of(config), labs=parallel_workers(config) or 1)
    config.stash[CHECKED] = True
    reporting: Any = config.pluginmanager.get_plugin(REPORTING)
    reporting.open_files()


@contextmanager
def _refusing(config: pytest.Config) -> Iterator[None]:
    """End the session where it cannot have what it was asked for, with the JUnit file of the last run as it was."""
    try:
        yield
    except UsageProblem as problem:
        _write_no_junit(config)
        raise pytest.UsageError(str(problem)) from None
    except (LabBroken, OSError) as problem:
        _write_no_junit(config)
        pytest.exit(f"nothing was drilled: {problem}", returncode=pytest.ExitCode.INTERNAL_ERROR)


def _write_no_junit(config: pytest.Config) -> None:
    """As pytest's own `pytest_unconfigure` does it; else pytest writes a file without any test at the end."""
    if (junit := config.stash.get(xml_key, None)) is not None:
        del config.stash[xml_key]
        config.pluginmanager.unregister(junit)


class Around:
    """The part of the plugin that stands around each scenario of a drill; `engine` is the run's version."""

    def __init__(self, engine: str) -> None:
        self._engine = engine

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """A controller of workers looks at the host before they start."""
        check(session.config)

    @pytest.hookimpl(trylast=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Remove the labs of workers that were killed; their locks went with them."""
        if config.stash.get(CHECKED, False):
            removal.reap(hosts.asked_for(settings_of(config)))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Generator[None, object, object]:
        """Judge what a scenario finds by what the registry expects of the run's engine."""
        with judged_by(self._engine):
            return (yield)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Remember whether another scenario follows: after the last one, nothing has to be reset."""
        item.stash[LAST] = nextitem is None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Ask every machine what it knows when a scenario fails, before anything is cleaned up."""
        try:
            return (yield)
        except pytest.skip.Exception:
            raise
        except (Exception, pytest.fail.Exception):  # the latter is no Exception: pytest.raises ends with it
            item.stash[FAILED] = True
            cluster = getattr(item, "funcargs", {}).get("cluster")
            if cluster is not None and MARK in item.stash:
                diagnostics.collect(cluster, item.stash[MARK])
            raise
