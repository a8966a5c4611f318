"""The part of the plugin for pytest-xdist: how many workers there are, and which scenarios each of them gets."""

from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

from swarmdrill.base.settings import variables
from swarmdrill.pytestplugin.items import LAB_SECONDS, needs_cluster
from swarmdrill.pytestplugin.session import TOLD_TO_DRILL, controls_workers, is_drill, settings_of, told
from swarmdrill.pytestplugin.xdist import foresight
from swarmdrill.pytestplugin.xdist.units import Expected

if TYPE_CHECKING:
    from swarmdrill.pytestplugin.xdist.scheduler import UnitScheduling

# xdist's own variable for its own answer to `-n auto`.
AUTO_VARIABLE = "PYTEST_XDIST_AUTO_NUM_WORKERS"
COLLECTED = "swarmdrill_collected"
_OWN_WAY = pytest.StashKey[bool]()
_COLLECTED = pytest.StashKey[Path]()


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Note whether the user chose a way to distribute. xdist fills in its own choice after this."""
    option = config.option
    said = getattr(option, "dist", "no") != "no" or getattr(option, "distload", False)
    config.stash[_OWN_WAY] = said or getattr(option, "maxschedchunk", None) is not None
    return (yield)


# First, since the first answer counts: which of two plugins was registered first is a matter of directory entries.
@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int | None:
    """In a drill, `-n auto` is as many clusters as this host carries. Asked before the session is configured."""
    option = config.option
    if option.numprocesses != "auto" or option.collectonly or variables().get(AUTO_VARIABLE):
        return None
    if not foresight.drills(config):
        return None
    from swarmdrill.pytestplugin.xdist import capacity  # noqa: PLC0415  (it loads the providers)

    found = foresight.scenarios(config)
    return capacity.on_this_host(settings_of(config), [each.machines for each in found] if found else None)


def pytest_configure(config: pytest.Config) -> None:
    """Make room for what the workers collect."""
    if is_drill(config) and controls_workers(config):
        directory = TemporaryDirectory(prefix="swarmdrill-")
        config.add_cleanup(directory.cleanup)
        config.stash[_COLLECTED] = Path(directory.name) / "collected.json"


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell every worker that it drills, and where to write what it collects."""
    node.workerinput[TOLD_TO_DRILL] = is_drill(node.config)
    if _COLLECTED in node.config.stash:
        node.workerinput[COLLECTED] = str(node.config.stash[_COLLECTED])


# Before xdist's own, which sends the node ids: when all have arrived, the scenarios are dealt.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Say what was collected to whoever asked."""
    config = session.config
    if path := told(config).get(COLLECTED) or variables().get(foresight.VARIABLE):
        from swarmdrill.pytestplugin.xdist import collected  # noqa: PLC0415  (it loads pydantic)

        settings = settings_of(config)
        found = {item.nodeid: collected.of(item, settings) for item in session.items if needs_cluster(item)}
        collected.write(found, Path(path))


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> "UnitScheduling | None":
    """Deal scenarios by the labs that they need and by how long they take, unless the user said how."""
    if _COLLECTED not in config.stash or config.stash.get(_OWN_WAY, True):
        return None
    from swarmdrill.pytestplugin.xdist.scheduler import UnitScheduling  # noqa: PLC0415  (it loads xdist)

    return UnitScheduling(config, log, lambda: expected(config), LAB_SECONDS)


def collected_name(config: pytest.Config, nodeid: str) -> str | None:
    """By what name the results of a scenario are kept that only workers collected; None where none of them said."""
    from swarmdrill.pytestplugin.xdist import collected  # noqa: PLC0415  (it loads pydantic)

    path = config.stash.get(_COLLECTED, None)
    found = collected.read(path).get(nodeid) if path else None
    return found.name if found else None


def expected(config: pytest.Config) -> "dict[str, Expected]":
    """What is expected of each scenario, by node id: the longest that it took lately, else what its marker says.

    The runs that are kept in `docs/results` count as well. What begins too early costs nothing, and what begins too
    late is waited for: random sequences take from one to ten minutes.
    """
    from swarmdrill.pytestplugin.xdist import collected  # noqa: PLC0415  (it loads pydantic)
    from swarmdrill.results.store import KEPT, longest_seconds, stored_runs  # noqa: PLC0415  (they read stored runs)

    settings = settings_of(config)
    known = longest_seconds((KEPT, stored_runs(settings)), settings.provider)
    found = collected.read(config.stash[_COLLECTED])
    return {
        nodeid: Expected(each.shape, known.get(each.name, each.seconds) if each.seconds else 0.0)
        for nodeid, each in found.items()
    }
