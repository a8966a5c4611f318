"""What Allure is told of a scenario."""

import inspect
from collections.abc import Generator
from hashlib import md5
from typing import Any

import allure
import pytest

from swarmdrill.base.messages import said
from swarmdrill.base.settings import PROCEDURES, Settings
from swarmdrill.pytestplugin.items import about_of, claims_of, is_given_a_procedure, settings_for, title_of, trial_of
from swarmdrill.pytestplugin.markers import About
from swarmdrill.report.allure.listening import NAME
from swarmdrill.results import claims


class Labels:
    """The part of the plugin that labels scenarios; `settings` is what the run was asked for."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        """Give the scenario its labels, and its texts after allure-pytest's own, which come when the set-up is over."""
        about = about_of(item)
        if about is None:
            return (yield)
        checked = [claims.claim(id_) for id_ in claims_of(item)]
        self._label(item, about, checked)
        try:
            return (yield)
        finally:
            trial = trial_of(item)
            title = title_of(item)
            allure.dynamic.title(said("{title}, trial {trial}", title=title, trial=trial) if trial else title)
            allure.dynamic.description(_description(item, checked))
            _file_under(about.id, item)

    def _label(self, item: pytest.Item, about: About, checked: list[claims.Claim]) -> None:
        """What the scenario is about; provider and engine tell runs apart."""
        allure.dynamic.parameter("provider", self._settings.provider)
        allure.dynamic.parameter("engine", self._settings.engine)
        allure.dynamic.parameter("managers", settings_for(item, self._settings).managers)
        # Not the document's: every scenario would begin a history of its own.
        if is_given_a_procedure(item) and self._settings.procedure != PROCEDURES[0]:
            allure.dynamic.parameter("procedure", self._settings.procedure)
        allure.dynamic.epic("Swarm backup and restore")
        allure.dynamic.parent_suite("swarmdrill")
        allure.dynamic.suite(item.path.stem.removeprefix("test_").replace("_", " "))
        allure.dynamic.severity(about.severity)
        for claim in checked:
            allure.dynamic.feature(f"{claim.id} {claim.text.split('.')[0]}")
            allure.dynamic.tag(claim.id)
            allure.dynamic.link(claim.url, name=f"{claim.id}: {claim.source}")


def _file_under(id_: str, item: pytest.Item) -> None:
    """Let Allure's history know the scenario by its id: allure-pytest 2.16 takes the file's path and the function."""
    listener: Any = item.config.pluginmanager.get_plugin(NAME)
    result = listener.allure_logger.get_test(None)
    result.fullName = f"swarmdrill#{id_}"
    result.testCaseId = md5(result.fullName.encode(), usedforsecurity=False).hexdigest()


def _description(item: pytest.Item, checked: list[claims.Claim]) -> str:
    """The scenario's docstring, and text and source of each claim that it checks, as Markdown."""
    docstring = getattr(getattr(item, "function", None), "__doc__", None) or ""
    paragraphs = [inspect.cleandoc(docstring)]
    paragraphs += [f"**{claim.id}** {claim.text} ({claim.source})" for claim in checked]
    return "\n\n".join(paragraphs)
