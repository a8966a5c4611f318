"""What a pytest session is: a drill or not, controller or worker, and what it was asked for."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import OPTIONS, Settings, claims_of

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
_CLAIMS_KEY = "swarmdrill_claims"


def settings_of(config: pytest.Config) -> Settings:
    """What the session was asked for. Raises pytest.UsageError, in one line, when that is no good."""
    if _SETTINGS not in config.stash:
        try:
            config.stash[_SETTINGS] = Settings.read(_given(config), _ini(config))
        except UsageProblem as problem:
            raise pytest.UsageError(str(problem)) from None
    return config.stash[_SETTINGS]


def claims_file(config: pytest.Config) -> Path | None:
    """The user's own file of claims; whether it is there is not asked. No other setting is looked at."""
    return claims_of(_given(config), _ini(config))


def _given(config: pytest.Config) -> Mapping[str, Any]:
    return {option.name: config.getoption(option.dest) for option in OPTIONS}


def _ini(config: pytest.Config) -> Callable[[str], str | None]:
    """Reads an ini key. A file that an ini file names is beside it, wherever pytest is called."""

    def read(key: str) -> str | None:
        value: str | None = config.getini(key)
        if key == _CLAIMS_KEY and value and value != places.NO_CLAIMS and config.inipath:
            return str(config.inipath.parent / value)
        return value

    return read


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
