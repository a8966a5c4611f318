"""The part of the plugin for pytest-xdist: how many workers there are, and in which order they get the scenarios."""

import os
from typing import Any

import pytest

from harness import parallel
from harness.items import expected_seconds
from harness.report import results
from harness.reporting import stored_runs
from harness.schedule import balanced
from harness.session import is_drill, parallel_workers, settings_of, told, worker_count

# xdist's own variable for its own answer to `-n auto`.
AUTO_VARIABLE = "PYTEST_XDIST_AUTO_NUM_WORKERS"
SECONDS = "swarmdrill_seconds"
_KNOWN = pytest.StashKey[dict[str, float]]()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """In a drill, `-n auto` is as many clusters as this host carries. Asked before the session is configured."""
    if not is_drill(config) or config.option.numprocesses != "auto" or os.environ.get(AUTO_VARIABLE):
        return None
    arguments = [str(argument) for argument in config.invocation_params.args]
    items = None if config.option.collectonly else parallel.selected(arguments, config.invocation_params.dir)
    return parallel.on_this_host(settings_of(config), items)


def pytest_configure(config: pytest.Config) -> None:
    """Hand scenarios out one by one, unless the user said otherwise: a quarter of them at once is never balanced."""
    if is_drill(config) and parallel_workers(config):
        if config.option.maxschedchunk is None:
            config.option.maxschedchunk = 1
        settings = settings_of(config)
        config.stash[_KNOWN] = results.recent_seconds(stored_runs(settings), settings.provider)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell every worker the same about earlier runs: all of them have to come to the same order."""
    node.workerinput[SECONDS] = node.config.stash.get(_KNOWN, {})


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give parallel workers scenarios of balanced length, when `-k` has left out the others.

    A serial run keeps the order of the files.
    """
    if is_drill(config) and (workers := worker_count(config)):
        known = told(config).get(SECONDS, {})
        items[:] = balanced(items, workers, lambda item: expected_seconds(item, known))
