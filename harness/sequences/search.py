"""Draw sequences, play them, and shrink the first that contradicts the model to the shortest one that does."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from hypothesis import Phase, find, settings, strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase, InMemoryExampleDatabase
from hypothesis.errors import NoSuchExample

from harness import trace
from harness.raft.model import predict
from harness.sequences.actions import Action, Kind, restores_something_else, steps_of, tell
from harness.sequences.ledger import Model
from harness.sequences.play import Contradiction, Subject, play

MOST_ACTIONS = 7
# Drawn for one that is played: most restore nothing that was changed, and cost nothing.
_DRAWN = 50
# Elections are random: while shrinking, a sequence that contradicts the model in one of three cases has to be found.
_TRIES = 3
# Hypothesis shrinks for at most five minutes at a time, and goes on from where it was the next time.
_ROUNDS = 10
_SHRINKING_PLAYS = 60
# Of what earlier searches kept, so many contradictions are played again.
_REPLAYED = 2
_KEY = b"sequences"


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Arguments:
        played: how many sequences were played, those that were played again to shrink one not counted.
        contradiction: the shortest sequence that contradicts the model, what was seen, and what is allowed; empty if
            there is none.
    """

    played: int
    contradiction: str = ""

    def describe(self) -> str:
        if self.contradiction:
            return self.contradiction
        return f"{self.played} sequences ended as the model allows"


def actions(names: Sequence[str]) -> st.SearchStrategy[list[Action]]:
    """Any actions in any order, at most seven; `steps_of` makes sense of them."""
    some = st.frozensets(st.sampled_from(names), min_size=1).map(lambda chosen: tuple(sorted(chosen)))
    kinds = [st.builds(Action, st.just(kind), some if kind in _CONCERN else st.just(())) for kind in Kind]
    return st.lists(st.one_of(kinds), max_size=MOST_ACTIONS)


_CONCERN = (Kind.BACK_UP, Kind.RESTORE)


def search(
    fresh: Callable[[], Subject],
    names: Sequence[str],
    *,
    examples: int,
    model: Model = predict,
    database: Path | None = None,
) -> Found:
    """Play so many sequences, and shrink the first that contradicts the model.

    A sequence that restores nothing which was changed is played only while shrinking. Each is played once and its
    result remembered, so that Hypothesis sees no flakiness; while shrinking, one that is as the model allows is played
    up to three times. What is drawn is random, or follows from the seed that pytest is given (`--hypothesis-seed`). A
    lab that breaks ends the search: that is never the result of a sequence.

    Arguments:
        fresh: makes a cluster with an empty state, each time it is called.
        names: the cluster's managers.
        database: a directory where a contradiction is kept. The next search with the same one begins with it.
    Raises:
        LabBroken: and whatever else ends a sequence without saying anything of the model.
    """
    judge = _Judge(fresh, names, examples, model)
    kept = DirectoryBasedExampleDatabase(database) if database else InMemoryExampleDatabase()

    def shortest(*phases: Phase, most: int) -> list[Action]:
        chosen = settings(max_examples=most, phases=phases, database=kept, deadline=None, derandomize=False)
        try:
            return find(actions(names), judge, settings=chosen, database_key=_KEY)
        except NoSuchExample:
            return []

    again = partial(shortest, Phase.reuse, Phase.shrink, most=_REPLAYED)
    found: list[Action] = []
    if any(kept.fetch(_KEY)):
        with judge.thorough():
            found = again()
    found = found or shortest(Phase.generate, Phase.shrink, most=_DRAWN * examples)
    for _ in range(_ROUNDS):
        played = judge.played
        if not found or judge.broken is not None:
            break
        found = again()
        if judge.played == played:
            break
    if not found and judge.broken is not None:
        raise judge.broken
    if not found:
        return Found(judge.examples)
    broke = f"\nThe lab broke while a shorter one was looked for: {judge.broken}" if judge.broken else ""
    return Found(judge.examples, judge.said_of(found) + broke)


class _Judge:
    """Plays what is drawn, unless the result is known or not worth the time, and remembers the results."""

    def __init__(self, fresh: Callable[[], Subject], names: Sequence[str], examples: int, model: Model) -> None:
        self._fresh, self._names, self._model = fresh, names, model
        self._examples = examples
        self._allowed: Counter[tuple[Action, ...]] = Counter()
        self._contradictions: dict[tuple[Action, ...], str] = {}
        self._least = sys.maxsize
        self._thorough = False
        self.played = self.examples = 0
        self.broken: Exception | None = None

    def __call__(self, drawn: Sequence[Action]) -> bool:
        """Whether the sequence contradicts the model."""
        steps = steps_of(drawn, self._names)
        for _ in range(0 if self.said_of(drawn) else self._tries(steps, _cost(drawn))):
            self._play(steps)
            if self.broken is not None or self.said_of(drawn):
                break
        if not self.said_of(drawn):
            return False
        self._least = min(self._least, _cost(drawn))
        return True

    def said_of(self, drawn: Sequence[Action]) -> str:
        """In what a sequence contradicts the model, as far as it was played; what comes after that does not matter."""
        steps = steps_of(drawn, self._names)
        beginnings = (steps[:number] for number in range(1, len(steps) + 1))
        return next((self._contradictions[each] for each in beginnings if each in self._contradictions), "")

    @contextmanager
    def thorough(self) -> Iterator[None]:
        """Play everything, and again where it is as the model allows."""
        self._thorough = True
        try:
            yield
        finally:
            self._thorough = False

    def _tries(self, steps: tuple[Action, ...], cost: int) -> int:
        """How often the sequence should be played."""
        if not steps or self.broken is not None:
            return 0
        tells = restores_something_else(steps)
        if self._thorough:
            return _TRIES
        if not self._contradictions:
            worth = tells and self.examples < self._examples and not self._allowed[steps]
            self.examples += worth
            return int(worth)
        # Without the restore that it takes, nothing that is shorter contradicts.
        promising = tells or not all(map(restores_something_else, self._contradictions))
        if not promising or cost > self._least or self.played >= self.examples + _SHRINKING_PLAYS:
            return 0
        return (_TRIES if tells else 1) - self._allowed[steps]

    def _play(self, steps: tuple[Action, ...]) -> None:
        self.played += 1
        word = "shorter sequence" if self._contradictions else "sequence"
        try:
            with trace.phase(f"{word} {self.played}: {tell(steps)}"):
                play(steps, self._fresh(), self._model)
        except Contradiction as problem:
            self._contradictions[problem.steps] = str(problem)
        except Exception as problem:
            self.broken = problem
        else:
            self._allowed.update(steps[:number] for number in range(1, len(steps) + 1))


def _cost(drawn: Sequence[Action]) -> int:
    """About how many choices Hypothesis makes to draw that; it shrinks to fewer ones."""
    return sum(2 + (2 * len(action.managers) + 1 if action.managers else 0) for action in drawn)
