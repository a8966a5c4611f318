"""The part of the plugin that runs every scenario as often as `--repeat` says, each time as a test of its own."""

import pytest

from swarmdrill.pytestplugin.items import TRIAL, about_of, trial_in, trial_of
from swarmdrill.pytestplugin.session import settings_of


def pytest_configure(config: pytest.Config) -> None:
    """Let the node id of a case stand for all trials of it, as it does without `--repeat`."""
    if any(argument.endswith("]") for argument in config.args):
        repeat = _repeat(config)
        config.args = [each for argument in config.args for each in all_trials(argument, repeat)]


def all_trials(argument: str, repeat: int) -> list[str]:
    """The node ids of all trials of a case; what is no case, or one trial already, stays as it is."""
    if repeat == 1 or not argument.endswith("]") or trial_in(argument) is not None:
        return [argument]
    return [f"{argument[:-1]}-{TRIAL}{number}]" for number in range(1, repeat + 1)]


def _repeat(config: pytest.Config) -> int:
    """How often; settings that are no good are refused when the session is known to drill."""
    try:
        return settings_of(config).repeat
    except pytest.UsageError:
        return 1


@pytest.hookimpl(trylast=True)
def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One more parameter for every scenario, after its own: node ids end in `trial3`. They stay as they are without."""
    if about_of(metafunc.definition) and (repeat := _repeat(metafunc.config)) > 1:
        if TRIAL not in metafunc.fixturenames:
            metafunc.fixturenames.append(TRIAL)
        trials = range(1, repeat + 1)
        metafunc.parametrize(TRIAL, trials, indirect=True, ids=[f"{TRIAL}{number}" for number in trials])


@pytest.fixture
def trial(request: pytest.FixtureRequest) -> int | None:
    """Which trial of its scenario this is, from 1; None where scenarios run once.

    Allure-pytest makes a parameter of it, so that trials are results of their own.
    """
    return trial_of(request.node)
