"""What a pytest session is: a drill or not, controller or worker, and what it was asked for."""

from collections.abc import Mapping
from typing import Any

import pytest

from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import OPTIONS, Settings

OWN_TESTS = tuple(places.CHECKOUT / "tests" / name for name in ("unit", "programs", "lab")) if places.CHECKOUT else ()
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
    """Whether the session was pointed at scenarios, the project's or a user's own, rather than at its own tests."""
    paths = [(config.invocation_params.dir / arg.split("::")[0]).resolve() for arg in config.args]
    return not all(any(path.is_relative_to(own) for own in OWN_TESTS) for path in paths)


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
