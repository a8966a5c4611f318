"""What a pytest session is: a drill or not, controller or worker, and what it was asked for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pytest

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import OPTIONS, Settings

if TYPE_CHECKING:
    from swarmdrill.swarm.logs import LogMark

# Keys of pytest's stash: of a session, and of an item.
DRILLS = pytest.StashKey[bool]()
CHECKED = pytest.StashKey[bool]()
FAILED = pytest.StashKey[bool]()
LAST = pytest.StashKey[bool]()
MARK: "pytest.StashKey[LogMark]" = pytest.StashKey()
# What a controller tells its workers.
TOLD_TO_DRILL = "swarmdrill_drills"
_SETTINGS = pytest.StashKey[Settings]()


def settings_of(config: pytest.Config) -> Settings:
    """What the session was asked for. Raises pytest.UsageError, in one line, when that is no good."""
    if _SETTINGS not in config.stash:
        given = {option.name: config.getoption(option.name) for option in OPTIONS}
        try:
            config.stash[_SETTINGS] = Settings.read(given, config.getini)
        except UsageProblem as problem:
            raise pytest.UsageError(str(problem)) from None
    return config.stash[_SETTINGS]


def is_drill(config: pytest.Config) -> bool:
    """Whether the session is known to drill by now (`swarmdrill.pytestplugin.drill.begin`)."""
    return config.stash.get(DRILLS, False)


def told_to_drill(config: pytest.Config) -> bool:
    """Whether this is a worker whose controller knows that it drills."""
    return bool(told(config).get(TOLD_TO_DRILL))


def controls_workers(config: pytest.Config) -> bool:
    """Whether the tests of this session run in workers of pytest-xdist: then it never collects them itself."""
    return getattr(config.option, "dist", "no") != "no" and not config.option.collectonly and not worker_id(config)


def parallel_workers(config: pytest.Config) -> int:
    """How many workers this process controls, 0 in a serial run and in a worker."""
    return int(getattr(config.option, "numprocesses", None) or 0)


def worker_id(config: pytest.Config) -> str:
    """The xdist worker this process is, empty for a serial run and for the controller."""
    return str(told(config).get("workerid", ""))


def worker_count(config: pytest.Config) -> int:
    """How many xdist workers there are, 0 in a serial run and in the controller."""
    return int(told(config).get("workercount", 0))


def told(config: pytest.Config) -> Mapping[str, Any]:
    """What the controller told this worker; nothing where it is none."""
    return getattr(config, "workerinput", {})
