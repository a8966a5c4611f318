"""What Allure is told of a scenario."""

import inspect
from collections.abc import Generator

import allure
import pytest

from swarmdrill.base.settings import Settings
from swarmdrill.observe import verdicts
from swarmdrill.pytestplugin.items import about_of, claims_of, settings_for, title_of, trial_of
from swarmdrill.results import claims


@pytest.fixture(autouse=True)
def _labels(request: pytest.FixtureRequest, settings: Settings) -> None:
    """Tell Allure what the scenario is about, and the verdicts what to expect; provider and engine tell runs apart."""
    about = about_of(request.node)
    if about is None:
        return
    verdicts.judge_by(settings.engine)
    checked = [claims.claim(id_) for id_ in claims_of(request.node)]
    allure.dynamic.parameter("provider", settings.provider)
    allure.dynamic.parameter("engine", settings.engine)
    allure.dynamic.parameter("managers", settings_for(request.node, settings).managers)
    allure.dynamic.epic("Swarm backup and restore")
    allure.dynamic.parent_suite("swarmdrill")
    allure.dynamic.suite(request.node.path.stem.removeprefix("test_").replace("_", " "))
    allure.dynamic.severity(about.severity)
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
        if about_of(item):
            trial = trial_of(item)
            allure.dynamic.title(f"{title_of(item)}, trial {trial}" if trial else title_of(item))
            allure.dynamic.description(_description(item, [claims.claim(id_) for id_ in claims_of(item)]))


def _description(item: pytest.Item, checked: list[claims.Claim]) -> str:
    """The scenario's docstring, and text and source of each claim that it checks, as Markdown."""
    docstring = getattr(getattr(item, "function", None), "__doc__", None) or ""
    paragraphs = [inspect.cleandoc(docstring)]
    paragraphs += [f"**{claim.id}** {claim.text} ({claim.source})" for claim in checked]
    return "\n\n".join(paragraphs)
