"""The options of `swarmdrill` in pytest: a long name that nobody else has, and the short one where nobody else took it.

Pytest asks plugins for their options before it loads any conftest.py, and ends where two name the same. So the options
are added when the first conftest files are loaded, after whatever those and other plugins have.
"""

from collections.abc import Generator, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from swarmdrill.base.settings import OPTIONS

SCENARIO = "swarmdrill_scenario"
_SCENARIO_NAMES = ("--scenario", "--swarmdrill-scenario")
# The names that a value may follow as a word of its own.
_WITH_VALUE = frozenset(
    (*_SCENARIO_NAMES, *(name for each in OPTIONS if not each.is_flag for name in (each.flag, each.long_flag)))
)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """The ini keys; the options too, where it is a conftest.py that loads this plugin: then nobody asks again."""
    for option in OPTIONS:
        parser.addini(option.ini, help=option.help, default=None)
    if any(name.endswith("conftest.py") for name, _ in pluginmanager.list_name_plugin()):
        _add(parser)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(
    early_config: pytest.Config, parser: pytest.Parser, args: list[str]
) -> Generator[None, Any, Any]:
    """Add the options after those of the conftest files that are there; the command line is parsed next."""
    _take_values_out_of_paths(early_config, args)
    try:
        return (yield)
    finally:
        _add(parser)


def _add(parser: pytest.Parser) -> None:
    """All options, in one group."""
    group = parser.getgroup("swarmdrill", "the lab that scenarios run on")
    taken = _taken(parser)
    for option in OPTIONS:
        names = [name for name in (option.flag, option.long_flag) if name not in taken]
        if option.is_flag:
            group.addoption(*names, dest=option.dest, action="store_true", default=None, help=option.help)
        else:
            group.addoption(*names, dest=option.dest, metavar=option.name.upper(), help=option.described())
    group.addoption(
        *(name for name in _SCENARIO_NAMES if name not in taken),
        dest=SCENARIO,
        metavar="ID",
        action="append",
        default=[],
        help="run only this scenario, by its id, with or without its case: restore-one, or 'restore-one[leader]'; "
        "may be repeated",
    )


def _taken(parser: pytest.Parser) -> set[str]:
    """The names that others have. Pytest 8 finds out that two have one only when it parses, so it cannot be tried."""
    groups = [*parser._groups, parser._anonymous]
    return {name for group in groups for option in group.options for name in option.names()}


def _take_values_out_of_paths(config: pytest.Config, args: Sequence[str]) -> None:
    """Let pytest look for conftest files where it would if it knew the options by now.

    It takes `26.1.5` in `--engine 26.1.5` for a path. One that there is may be one: the option may be another's flag.
    """
    if not (values := list(_values(args))):
        return
    places = config.known_args_namespace.file_or_dir
    left = list(places)
    for value in values:
        if value in left:
            left.remove(value)
    there = [value for value in values if value in places and Path(config.invocation_params.dir, value).exists()]
    if there and not left:
        left = config.getini("testpaths") or [str(config.invocation_params.dir)]
    places[:] = [*left, *there]


def _values(args: Sequence[str]) -> Iterator[str]:
    """The words that follow one of the options."""
    for name, value in pairwise(args):
        if name in _WITH_VALUE and not value.startswith("-"):
            yield value
