"""What is looked at while pytest collects: scenarios whose ids clash, markers of old, and `--scenario`, which selects.

It loads nothing of the lab: it runs in every pytest session.
"""

from collections.abc import Iterator, Sequence

import pytest

from swarmdrill.base.messages import said
from swarmdrill.pytestplugin.collecting import catalogue
from swarmdrill.pytestplugin.items import about_of, name_of
from swarmdrill.pytestplugin.markers import CASE_MARKER, MARKER, About, AboutCase, about_of_function, refusal
from swarmdrill.pytestplugin.options import SCENARIO

_PLACES = pytest.StashKey[dict[str, tuple[str, str]]]()


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: pytest.Collector, name: str, obj: object) -> None:
    """Refuse a scenario whose id another one has, or which names claims for a case that it does not name itself."""
    marks = getattr(obj, "pytestmark", None)
    if not isinstance(marks, list) or not any(getattr(mark, "name", "") == MARKER for mark in marks):
        return
    about = about_of_function(obj)
    if about is None:
        raise refusal(f"{collector.nodeid}::{name}", said("use @scenario of swarmdrill.pytestplugin.markers"))
    catalogue.require_another(about.id, about.place, collector.path)
    places = collector.config.stash.setdefault(_PLACES, {})
    here = (collector.nodeid, name)
    if places.setdefault(about.id, here) != here:
        other = "::".join(places[about.id])
        raise refusal(
            about.place, said("scenario {id!r} is also {other}: give it another id", id=about.id, other=other)
        )
    for row in _rows(marks):
        if strange := [claim for claim in row.claims or () if claim not in about.claims]:
            problem = said("claim {strange:,} is not among those of scenario {id!r}", strange=strange, id=about.id)
            raise refusal(row.place, problem)


def _rows(marks: Sequence[pytest.Mark]) -> Iterator[AboutCase]:
    """What the rows of the parameters say of themselves."""
    for mark in marks:
        for row in mark.args[1] if mark.name == "parametrize" and len(mark.args) > 1 else ():
            for inner in getattr(row, "marks", ()):
                inner = getattr(inner, "mark", inner)  # noqa: PLW2901  (a decorator holds its mark)
                if inner.name == CASE_MARKER:
                    yield inner.args[0]


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let `-k` find a scenario by its id too."""
    if about := about_of(item):
        item.extra_keyword_matches.add(about.id)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave what `--scenario` names."""
    wanted = set(config.getoption(SCENARIO))
    if not wanted:
        return
    chosen: list[pytest.Item] = []
    left: list[pytest.Item] = []
    found: set[str] = set()
    for item in items:
        about = about_of(item)
        names = _names(item, about) & wanted if about else set()
        found |= names
        (chosen if names else left).append(item)
    if missing := sorted(wanted - found):
        raise pytest.UsageError(
            said("--scenario {id!r}: there is none of that id among what was collected", id=missing[0])
        )
    config.hook.pytest_deselected(items=left)
    items[:] = chosen


def _names(item: pytest.Item, about: About) -> set[str]:
    return {about.id, name_of(item)}
