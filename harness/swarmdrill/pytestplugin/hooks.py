"""The pytest plugin: its markers, and the moment from which on a session is a drill.

Pytest loads it in every session of whoever has swarmdrill installed, so it asks nothing and loads nothing of the lab
until a session is known to drill. A session that runs its tests itself knows it when it has collected them: one of them
is a scenario, or asks for the fixture `cluster`. A controller of parallel workers never collects, and opens its reports
before they do: it looks into the test files (`xdist.foresight`).
"""

import pytest

from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import OPTIONS, PROCEDURES, PROVIDERS, Settings
from swarmdrill.pytestplugin.items import (
    is_given_a_procedure,
    needs_cluster,
    needs_of,
    settings_for,
    wants_the_document,
)
from swarmdrill.pytestplugin.markers import CASE_MARKER, MARKER
from swarmdrill.pytestplugin.session import claims_file, controls_workers, settings_of, told_to_drill, worker_id
from swarmdrill.pytestplugin.xdist import foresight

pytest_plugins = (
    "swarmdrill.pytestplugin.collecting.collection",
    "swarmdrill.pytestplugin.fixtures",
    "swarmdrill.pytestplugin.options",
    "swarmdrill.pytestplugin.collecting.repeat",
    "swarmdrill.pytestplugin.xdist.hooks",
)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Check the options that were given, and let a controller of workers begin its drill before it starts them."""
    config.addinivalue_line("markers", f"{MARKER}(about): a drill; what markers.scenario puts on it")
    config.addinivalue_line("markers", f"{CASE_MARKER}(about): a row of its parameters; what markers.case puts on it")
    # Before the first test file is imported, which may name one of them.
    if (own := claims_file(config)) != places.claims():
        places.take_claims_from(own)
    if any(config.getoption(option.dest) is not None for option in OPTIONS):
        settings_of(config)
    if controls_workers(config) and foresight.drills(config):
        from swarmdrill.pytestplugin import drill  # noqa: PLC0415  (it loads the lab, and every report)

        drill.begin(config)


def pytest_exception_interact(call: pytest.CallInfo[object], report: object) -> None:
    """End the session where a test file cannot be imported because of what it was asked for: a bad file of claims."""
    if isinstance(report, pytest.CollectReport) and call.excinfo and isinstance(call.excinfo.value, UsageProblem):
        raise pytest.UsageError(str(call.excinfo.value))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip what these machines cannot do, and what the procedure that was asked for cannot."""
    try:
        for item in items:
            if needs_cluster(item):
                _skip_what_machines_cannot(item, settings_of(config))
                _skip_what_the_procedure_cannot(item, settings_of(config))
    except UsageProblem as problem:
        raise pytest.UsageError(str(problem)) from None


# After all deselection; before reports are opened and the first scenario is set up.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Begin the drill where one of the tests that were collected is one."""
    config = session.config
    if not any(needs_cluster(item) for item in session.items):
        return
    settings_of(config)
    # Where the controller of this worker did not foresee it, the fixture `cluster` says so.
    if config.option.collectonly or (worker_id(config) and not told_to_drill(config)):
        return
    from swarmdrill.pytestplugin import drill  # noqa: PLC0415  (it loads the lab, and every report)

    drill.begin(config)
    if not worker_id(config):
        drill.check(config)


def _skip_what_machines_cannot(item: pytest.Item, settings: Settings) -> None:
    """Mark a scenario that needs what the machines do not have, with what that is."""
    from swarmdrill.machines import capabilities, registry  # noqa: PLC0415  (they load the providers)

    needs = needs_of(item)
    provider = registry.asked_for(settings) if needs else None
    if provider and (lacking := capabilities.lacking(provider, needs)):
        others = (registry.named(name, provider.host) for name in PROVIDERS)
        able = next((f"; run it with --provider={o.name}" for o in others if not capabilities.lacking(o, needs)), "")
        item.add_marker(pytest.mark.skip(reason=f"provider {provider.name} has no {lacking}{able}"))
    shape = settings_for(item, settings)
    if settings.reuse and shape != settings:
        needed = f"{shape.managers} managers and {shape.workers} workers with engine {shape.engine}"
        item.add_marker(pytest.mark.skip(reason=f"needs {needed}, which the lab that is reused has not"))
    elif settings.reuse and capabilities.ENGINE_CHANGE in needs:
        item.add_marker(pytest.mark.skip(reason="changes the machines' engines, and the lab that is reused stays"))


def _skip_what_the_procedure_cannot(item: pytest.Item, settings: Settings) -> None:
    """Mark a scenario that goes through the document's own steps, where another procedure is drilled."""
    if settings.procedure == PROCEDURES[0] or not (is_given_a_procedure(item) and wants_the_document(item)):
        return
    from swarmdrill.procedures import document, loading  # noqa: PLC0415  (they load the lab)

    if not isinstance(loading.named(settings.procedure), document.DocumentProcedure):
        reason = f"goes through the document's steps, which the procedure {settings.procedure} has not"
        item.add_marker(pytest.mark.skip(reason=reason))
