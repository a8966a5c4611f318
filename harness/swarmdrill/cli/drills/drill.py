"""`swarmdrill drill`: run the scenarios that swarmdrill brings, and end with a status that tells failed from broken."""

import argparse
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from _pytest.config import get_config

from swarmdrill.base import places
from swarmdrill.base.errors import ExitStatus
from swarmdrill.base.settings import OPTIONS, Settings

# The plugin that reports, which knows how each scenario ended.
REPORTING = "swarmdrill-reporting"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which scenarios; everything else is pytest's."""
    parser.usage = f"{parser.prog} [options] [FILE[::TEST] ...] [options of pytest]"
    parser.add_argument(
        "--scenario", metavar="ID", action="append", default=[], help="run only this one, by its id; may be repeated"
    )


def run(arguments: argparse.Namespace, settings: Settings) -> ExitStatus:
    """Run pytest on the scenarios; what this command does not know itself goes to pytest."""
    ending = Ending()
    given = [*(f"--swarmdrill-scenario={id_}" for id_ in arguments.scenario), *arguments.rest]
    return ending.status(pytest.main(pytest_arguments(given, settings, places.scenarios()), plugins=[ending]))


def pytest_arguments(given: Iterable[str], settings: Settings, scenarios: Path) -> list[str]:
    """What pytest is told: the settings, what was `given` for it, and the scenarios where that names no file.

    The configuration of whatever project this is run in is not pytest's here: it is about that project's tests. Its
    settings for swarmdrill are in `settings`.
    """
    given = list(given)
    own = [
        *("-c", os.devnull, f"--rootdir={scenarios.parent}", f"--confcutdir={scenarios.parent}"),
        *("--import-mode=importlib", "-o", "console_output_style=classic", "-o", "xfail_strict=true"),
        *("-o", f"cache_dir={settings.state_dir / 'pytest'}", "--strict-markers", *_plugin()),
        # This command has loaded modules already that pytest would rather have rewritten; no scenario is among them.
        *("-W", "ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning"),
    ]
    if not {"--collect-only", "--co", "--junitxml", "--junit-xml"} & {word.partition("=")[0] for word in given}:
        own.append(f"--junitxml={settings.reports_dir / 'junit' / 'scenarios.xml'}")
    return [*own, *_options(settings), *given, *([] if names_files(given) else [str(scenarios)])]


def names_files(given: Sequence[str]) -> bool:
    """Whether files, directories or node ids are among what is given for pytest, as its parser and its plugins tell."""
    config = get_config()
    try:
        config.pluginmanager.consider_preparse(given, exclude_only=False)
        config.pluginmanager.load_setuptools_entrypoints("pytest11")
        return bool(config._parser.parse_known_args(given).file_or_dir)
    except (pytest.UsageError, ImportError):
        # Pytest will say it.
        return False


def _plugin() -> tuple[str, ...]:
    """The plugin, by the name under which a conftest.py of a checkout loads it too."""
    return ("-p", "swarmdrill.pytestplugin.hooks")


def _options(settings: Settings) -> list[str]:
    """The settings as options, where they are not the default; by names that no other plugin of pytest has."""
    said = []
    for option in OPTIONS:
        value = getattr(settings, option.name)
        if option.is_flag:
            said += [option.long_flag] if value else []
        elif value is not None and str(value) != option.default:
            said.append(f"{option.long_flag}={value}")
    return said


class Ending:
    """A plugin that notes what pytest's own exit status does not say."""

    def __init__(self) -> None:
        self._interrupted = False
        self._statuses: set[str] = set()

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Called for Ctrl-C and SIGTERM, but also for errors while collecting and where a plugin ends the session."""
        self._interrupted = excinfo.type is KeyboardInterrupt

    @pytest.hookimpl(tryfirst=True)
    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """How each scenario ended, as the results have it."""
        reporting = config.pluginmanager.get_plugin(REPORTING)
        self._statuses = {record.status for record in getattr(reporting, "records", ())}

    def status(self, ended: int) -> ExitStatus:
        """The exit status for pytest's (docs.pytest.org/en/stable/reference/exit-codes.html)."""
        if self._interrupted:
            return ExitStatus.INTERRUPTED
        match ended:
            case pytest.ExitCode.OK:
                return ExitStatus.GOOD
            case pytest.ExitCode.USAGE_ERROR | pytest.ExitCode.NO_TESTS_COLLECTED:
                return ExitStatus.BAD_REQUEST
            case pytest.ExitCode.INTERNAL_ERROR:
                return ExitStatus.LAB_BROKE
        return (
            ExitStatus.LAB_BROKE if "broken" in self._statuses and "failed" not in self._statuses else ExitStatus.FAILED
        )
