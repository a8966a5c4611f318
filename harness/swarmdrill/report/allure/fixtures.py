"""Set-up and tear-down in Allure, without what is pytest's own business.

allure-pytest 2.16.2 shows every fixture, one named after each parameter, and every finalizer: `lab::1` is
the part of fixture `lab` after its `yield`, and `lab::<lambda>` a function of pytest's own (9.2,
fixtures.py) during which the container is written, so that it never ends and the report shows "unknown".
"""

import re
from typing import Any

import allure_commons
import pytest

_FINALIZER = re.compile(r"::(?:\d+|<lambda>)$")


class TidyFixtures:
    """Plugin of allure-commons that leaves in a container only fixtures in which something happened."""

    @allure_commons.hookimpl(tryfirst=True)
    def report_container(self, container: Any) -> None:
        """Called with each container before it is written."""
        container.befores = [fixture for fixture in container.befores if _tells_something(fixture)]
        container.afters = [fixture for fixture in container.afters if _tells_something(fixture)]
        for fixture in container.afters:
            fixture.name = _FINALIZER.sub("", fixture.name)


def tidy_fixtures(config: pytest.Config) -> None:
    """Tidy until the end of the pytest process that `config` belongs to."""
    plugin = TidyFixtures()
    allure_commons.plugin_manager.register(plugin)
    config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(plugin))


def _tells_something(fixture: Any) -> bool:
    went_wrong = fixture.status not in (None, "passed")
    return bool(went_wrong or fixture.steps or fixture.attachments)
