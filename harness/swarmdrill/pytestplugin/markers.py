"""What a scenario says of itself: `@scenario`, and `case` for one row of its parameters; both checked at import.

Importing this module loads nothing of the lab: a test file that has no scenario pays nothing for it.
"""

import inspect
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

import pytest

from swarmdrill.base import places
from swarmdrill.base.messages import UNSAID, Message, quoted, said

if TYPE_CHECKING:
    from _pytest.mark import ParameterSet

    from swarmdrill.machines.capabilities import Need

F = TypeVar("F", bound=Callable[..., object])
Severity = Literal["blocker", "critical", "normal", "minor", "trivial"]
MARKER, CASE_MARKER = "scenario", "scenario_case"
# An id names files of evidence for years: what is easy to type in a shell and in an address.
_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Shape:
    """The lab that a scenario needs, whatever the run was asked for; None is what the run was asked for.

    `engine` is a version, or a function that makes one of the run's version. `even_managers` allows an even number.
    """

    managers: int | None = None
    workers: int | None = None
    even_managers: bool | None = None
    engine: str | Callable[[str], str] | None = None

    def given(self) -> dict[str, Any]:
        """What it asks for, by the names of the settings."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}

    def problem(self) -> Message:
        """What is wrong with it; empty where nothing is."""
        if self.managers is not None and not 1 <= self.managers <= 7:
            return said("{managers} managers: a swarm here has 1 to 7", managers=self.managers)
        if self.managers is not None and self.managers % 2 == 0 and not self.even_managers:
            return said(
                "{managers} managers tolerate no more loss than {fewer}: say even_managers=True",
                managers=self.managers,
                fewer=self.managers - 1,
            )
        if self.workers is not None and not 0 <= self.workers <= 8:
            return said("{workers} workers: a swarm here has 0 to 8", workers=self.workers)
        return UNSAID


@dataclass(frozen=True)
class About:
    """What a scenario says of itself. `place` is where it says so, as `path:line`.

    `restarts` is how often it restarts all managers, for an estimate of its time where no earlier run is known.
    """

    id: str
    title: Message
    claims: tuple[str, ...]
    needs: tuple[str, ...]
    shape: Shape
    severity: str
    restarts: int
    place: str


@dataclass(frozen=True)
class AboutCase:
    """What one row of a scenario's parameters says of itself; None is what its scenario says."""

    claims: tuple[str, ...] | None
    shape: Shape | None
    place: str


def scenario(
    *,
    id: str,
    title: str,
    claims: Sequence[str] = (),
    needs: Sequence["Need"] = (),
    shape: Shape | None = None,
    severity: Severity = "normal",
    restarts: int = 0,
) -> Callable[[F], F]:
    """Mark a test function as a scenario: a drill on a lab, whose results are kept under its id.

    Args:
        id: names the scenario in stored results, for ever: `restore-one`. The file and the function may be renamed.
        title: what a person reads for it; one that is to be said in other languages too is a `said(...)`.
        claims: ids of the claims that it checks: swarmdrill's (`swarmdrill claims`), or those of your own file.
        needs: what the machines must have (`swarmdrill.machines.capabilities`); it is skipped where they do not.
        shape: the lab that it needs, whatever the run was asked for.
        severity: how bad it is when it fails, as Allure shows it.
        restarts: how often it restarts all managers: an estimate of its time.

    Raises:
        pytest.Collector.CollectError: in one line, with file and line, where any of them is no good.

    Example:
        >>> @scenario(id="every-manager-answers", title="Every manager answers")
        ... def test_every_manager_answers(cluster: Cluster) -> None:
        ...     assert cluster.leader() in cluster.managers
    """
    about = About(
        id=id,
        title=quoted(title),
        claims=_texts(claims),
        needs=_texts(needs),
        shape=shape or Shape(),
        severity=severity,
        restarts=restarts,
        place=_place(),
    )
    if problem := _problem(about):
        raise refusal(about.place, problem)

    def mark(function: F) -> F:
        if not inspect.isfunction(function):
            raise refusal(about.place, said("@scenario {id!r} is for a function", id=id))
        marked: F = getattr(pytest.mark, MARKER).with_args(about)(function)
        return marked

    return mark


def case(
    *values: object, id: str | None = None, claims: Sequence[str] | None = None, shape: Shape | None = None
) -> "ParameterSet":
    """One row for `pytest.mark.parametrize`, which checks some of its scenario's claims or needs a lab of its own.

    Args:
        values: of the parameters.
        id: names the row in stored results.
        claims: those of the scenario's claims that it checks; all of them where it does not say.
        shape: in what its lab differs from its scenario's.

    Raises:
        pytest.Collector.CollectError: where the claims are unknown or the shape is no good.
    """
    about = AboutCase(None if claims is None else _texts(claims), shape, _place())
    if problem := _unknown_claims(about.claims or ()) or (shape.problem() if shape else UNSAID):
        raise refusal(about.place, problem)
    return pytest.param(*values, id=id, marks=getattr(pytest.mark, CASE_MARKER).with_args(about))


def refusal(place: str, problem: Message) -> pytest.Collector.CollectError:
    """What ends the import or the collection of a test file, in one line."""
    return pytest.Collector.CollectError(said("{place}: {problem}", place=place, problem=problem))


def about_of_function(function: object) -> About | None:
    """What a test function says of itself; None where it is no scenario."""
    for mark in getattr(function, "pytestmark", ()):
        if mark.name == MARKER and mark.args and isinstance(mark.args[0], About):
            return mark.args[0]
    return None


def _problem(about: About) -> Message:
    if not _ID.fullmatch(about.id):
        return said(
            "id {id!r}: small letters and digits in words with hyphens between them, such as restore-one", id=about.id
        )
    if not about.title.strip():
        return said("scenario {id!r} has no title", id=about.id)
    if about.severity not in get_args(Severity):
        return said("severity {severity!r}: choose one of {known:,}", severity=about.severity, known=get_args(Severity))
    return _unknown_claims(about.claims) or _unknown_needs(about.needs) or about.shape.problem()


def _unknown_claims(claims: tuple[str, ...]) -> Message:
    if not claims:
        return UNSAID
    from swarmdrill.results.claims import all_claims  # noqa: PLC0415  (only where a scenario names one)

    unknown = [claim for claim in claims if claim not in all_claims()]
    if not unknown:
        return UNSAID
    own = places.claims()
    if own is not None:
        return said("claim {unknown:,} is neither in results/claims.toml nor in {own}", unknown=unknown, own=own)
    return said(
        "claim {unknown:,} is not in results/claims.toml; `swarmdrill claims` lists them, --claims=FILE adds your own",
        unknown=unknown,
    )


def _unknown_needs(needs: tuple[str, ...]) -> Message:
    if not needs:
        return UNSAID
    from swarmdrill.machines.capabilities import NEEDS  # noqa: PLC0415  (only where a scenario has one)

    unknown = [repr(need) for need in needs if need not in NEEDS]
    if not unknown:
        return UNSAID
    return said("need {unknown:,}: choose of {known:,}", unknown=unknown, known=[repr(need) for need in NEEDS])


def _texts(given: Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _place() -> str:
    """Where the caller of this module's function stands, the path as a person at the terminal would type it."""
    frame = sys._getframe(2)
    path = os.path.relpath(frame.f_code.co_filename)
    return f"{frame.f_code.co_filename if path.startswith('..') else path}:{frame.f_lineno}"
