"""Verdicts on claims: what was expected, what was observed, what Docker refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Generic, TypeVar

from swarmdrill.base import trace
from swarmdrill.base.errors import ClaimHeld, ClaimRefuted, ConditionNotMet, UnfaithfulCopy
from swarmdrill.base.events import Outcome
from swarmdrill.base.messages import Message, first_line_of, in_turn, of_error, quoted, said
from swarmdrill.results.claims import all_claims

E = TypeVar("E", bound=Exception)
# The engine version whose expectations hold; outside of `judged_by`, those that hold for every version.
_engine: ContextVar[str] = ContextVar("swarmdrill_engine", default="")


@contextmanager
def judged_by(engine: str) -> Iterator[None]:
    """Compare what is found in the block with what the registry expects of that engine version."""
    token = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(token)


def expected_of(claim: str) -> Outcome:
    """What the registry expects of a claim with this run's engine; of one that it does not know, that it holds."""
    known = all_claims().get(claim)
    return known.expected_outcome(_engine.get()) if known else Outcome.HELD


def expect(claims: tuple[str, ...], expected: Message, *, holds: bool, observed: Message) -> None:
    """Compare what the claims say with what was observed, and say so; without claims, what the scenario relies on.

    Whether it has to hold is the registry's word (`results/claims.toml`): of a claim that is known to be wrong
    the opposite is expected, and of one whose outcome varies nothing. Raises ClaimRefuted where the registry expects it
    to hold and it does not, ClaimHeld the other way round. `observed` is the evidence, a few words or lines.
    """
    outcome = Outcome.HELD if holds else Outcome.REFUTED
    trace.verdict(claims, expected=expected, observed=observed, outcome=outcome)
    _compare(claims, outcome, expected, observed)


def _compare(claims: tuple[str, ...], outcome: Outcome, expected: Message, observed: Message) -> None:
    """Raise ClaimRefuted or ClaimHeld, with the evidence, where the outcome is not what the registry expects."""
    surprising = [id_ for id_ in claims if expected_of(id_) not in (outcome, Outcome.VARIED)]
    evidence = said("Expected: {expected}. Observed: {observed}", expected=expected, observed=observed)
    if not claims and outcome is Outcome.REFUTED:
        raise ClaimRefuted(evidence)
    if surprising:
        kind = ClaimRefuted if outcome is Outcome.REFUTED else ClaimHeld
        raise kind(said("{claims:,} {outcome}. {evidence}", claims=surprising, outcome=outcome, evidence=evidence))


def require(what: Message, *, holds: bool, observed: Message) -> None:
    """Check something that a scenario needs but no claim says, and keep what was observed.

    Raises ConditionNotMet when it does not hold.
    """
    trace.observe(what, observed)
    if not holds:
        raise ConditionNotMet(said("expected: {what}; observed: {observed}", what=what, observed=observed))


@dataclass
class Refusal(Generic[E]):
    """How a block was refused; `error` is there once the block has ended."""

    _error: E | None = None

    @property
    def error(self) -> E:
        """What ended the block."""
        assert self._error is not None, "the block has not ended yet"
        return self._error

    def says(self, *words: str) -> bool:
        """Whether the error says all of `words`."""
        return all(each in str(self.error) for each in words)

    @property
    def last_line(self) -> Message:
        """The last line that the error says: Docker's own words, where it has some."""
        return quoted(str(self.error).splitlines()[-1])

    def __str__(self) -> str:
        return str(self.error)


@contextmanager
def refused(kind: type[E]) -> Iterator[Refusal[E]]:
    """The block must end with an error of that kind, which is then in what it yields; reports say so of its steps.

    Raises ConditionNotMet when it ends without an error. Any other error goes on as it is.
    """
    refusal = Refusal[E]()
    try:
        with trace.refusal_of(kind):
            yield refusal
    except kind as problem:
        refusal._error = problem
    else:
        raise ConditionNotMet(said("it was not refused: no {name}", name=kind.__name__))


@contextmanager
def expecting(claims: tuple[str, ...], expected: Message) -> Iterator[list[Message]]:
    """The block must reach what is expected; it adds to the list what it observed, as evidence.

    An assertion that fails in it, such as a condition that is not met, refutes the claims. An error of the
    lab leaves the verdict unknown and goes on as it is.
    """
    seen: list[Message] = []
    try:
        yield seen
    except ClaimRefuted:
        raise
    except AssertionError as problem:
        trace.verdict(claims, expected=expected, observed=of_error(problem), outcome=Outcome.REFUTED)
        if isinstance(problem, UnfaithfulCopy):
            raise
        # The block did not end, so the scenario cannot go on, whatever is expected of the claim.
        raise ClaimRefuted(_refuted(claims, expected, problem)) from problem
    except Exception as problem:
        trace.verdict(claims, expected=expected, observed=first_line_of(problem), outcome=Outcome.UNKNOWN)
        raise
    observed = in_turn(seen) if seen else expected
    trace.verdict(claims, expected=expected, observed=observed, outcome=Outcome.HELD)
    _compare(claims, Outcome.HELD, expected, observed)


def _refuted(claims: tuple[str, ...], expected: Message, problem: BaseException) -> Message:
    if not claims:
        return said("Expected: {expected}. {problem}", expected=expected, problem=problem)
    return said(
        "{claims:,} refuted. Expected: {expected}. {problem}", claims=claims, expected=expected, problem=problem
    )
