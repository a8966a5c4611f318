"""A scenario that was interrupted is not passed in Allure.

allure-pytest 2.16.2 gives a test the status of its set-up, and of its call once that has a report. Ctrl-C in the call
leaves no report, so the result is written as passed.
"""

from typing import Any

import allure_commons
import pytest
from allure_commons.model2 import Status, StatusDetails


class Interrupted:
    """Plugin of pytest and of allure-commons: knows whether the running test's call has ended, when it is written."""

    def __init__(self) -> None:
        self._ended = False

    def pytest_runtest_logstart(self) -> None:
        """A test begins."""
        self._ended = False

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Its call has ended, or its set-up has and there will be no call."""
        if report.when == "call" or not report.passed:
            self._ended = True

    @allure_commons.hookimpl(tryfirst=True)
    def report_result(self, result: Any) -> None:
        """Called with each result before it is written."""
        if result.status == Status.PASSED and not self._ended:
            result.status = Status.BROKEN
            result.statusDetails = StatusDetails(message="interrupted before its end: it says nothing of its claims")


def mark_interrupted(config: pytest.Config) -> None:
    """Do so until the end of the pytest process that `config` belongs to."""
    plugin = Interrupted()
    config.pluginmanager.register(plugin, "swarmdrill-interrupted")
    allure_commons.plugin_manager.register(plugin)
    config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(plugin))
