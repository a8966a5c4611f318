"""Let allure-pytest listen from now on, in a session that is known to be a drill only after it was configured.

allure-pytest 2.16 decides in its own `pytest_configure`, by `--alluredir`. What follows does the same later.
"""

from typing import Any

import allure_commons
import pytest
from allure_commons.logger import AllureFileLogger
from allure_pytest.listener import AllureListener  # type: ignore[import-untyped]

NAME = "allure_listener"


def listen(config: pytest.Config) -> None:
    """Write results to the directory that `--alluredir` names; nothing where allure-pytest does so already."""
    if config.pluginmanager.has_plugin(NAME):
        return
    listener = AllureListener(config)
    config.pluginmanager.register(listener, NAME)
    logger = AllureFileLogger(config.option.allure_report_dir, config.option.clean_alluredir)
    for plugin in (listener, logger):
        _join(config, plugin)


def _join(config: pytest.Config, plugin: Any) -> None:
    allure_commons.plugin_manager.register(plugin)
    config.add_cleanup(lambda: allure_commons.plugin_manager.unregister(plugin))
