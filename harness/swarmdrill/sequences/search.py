"""Draw sequences, play them, and shrink the first that contradicts the model to the shortest one that does."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hypothesis import Phase, configuration, find, settings, strategies as st
from hypothesis.database import DirectoryBasedExampleDatabase, InMemoryExampleDatabase
from hypothesis.errors import NoSuchExample

from swarmdrill.base import places, trace
from swarmdrill.base.messages import UNSAID, Message, said
from swarmdrill.raft.model import predict
from swarmdrill.sequences.actions import Action, ActionKind, restores_something_else, steps_of, tell
from swarmdrill.sequences.ledger import Model
from swarmdrill.sequences.play import Contradiction, Subject, play

# Hypothesis keeps what it knows of this code in the working directory otherwise.
configuration.set_hypothesis_home_dir(places.state() / "hypothesis")

MOST_ACTIONS = 7
# Most that are drawn restore nothing that was changed, and cost nothing.
_DRAWN, _DRAWN_PER_PLAYED = 2000, 200
# Hypothesis shrinks for at most five minutes at a time, and goes on from where it was the next time.
_ROUNDS = 10
# How many contradictions of earlier searches are played again.
_REPLAYED = 2
_KEY = b"sequences"
# Hypothesis takes what it keeps under the key itself for shrunk to the end. It goes on with what it keeps under this
# second key (6.170, engine.py: reuse_existing_test_cases).
_UNFINISHED = _KEY + b".secondary"


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Args:
        played: how many sequences were played, those that were played again to shrink one not counted.
        contradiction: the shortest sequence that contradicts the model, what was seen, and what is allowed; empty if
            there is none.
    """

    played: int
    contradiction: Message = UNSAID

    def describe(self) -> Message:
        """One line for a verdict: the contradiction, or that there is none."""
        return self.contradiction or said("{number} sequences ended as the model allows", number=self.played)


def actions(names: Sequence[str]) -> st.SearchStrategy[list[Action]]:
    """Any actions in any order, at most seven; `steps_of` makes sense of them."""
    some = st.frozensets(st.sampled_from(names), min_size=1).map(lambda chosen: tuple(sorted(chosen)))
    kinds = [st.builds(Action, st.just(kind), some if kind in _CONCERN else st.just(())) for kind in ActionKind]
    return st.lists(st.one_of(kinds), max_size=MOST_ACTIONS)


_CONCERN = (ActionKind.BACK_UP, ActionKind.RESTORE)


def search(
    fresh: Callable[[], Subject],
    names: Sequence[str],
    *,
    examples: int,
    model: Model = predict,
    database: Path | None = None,
    tries: int = 3,
    plays: int = 60,
) -> Found:
    """Play so many sequences, and shrink the first that contradicts the model.

    A sequence that restores nothing which was changed is played only while shrinking. Each is played once and its
    result remembered, so that Hypothesis sees no flakiness. A lab that breaks ends the search: that is never the result
    of a sequence. What is drawn follows from the seed that pytest is given (`--hypothesis-seed`), or is random.

    Args:
        fresh: makes a cluster with an empty state, each time it is called.
        names: the cluster's managers.
        tries: how often a sequence is played, while shrinking, before it is taken for one that does not contradict:
            elections are random.
        plays: how many are played at most to shrink one.
        database: a directory where a contradiction is kept. The next search with the same one begins with it.
    Raises:
        LabBroken: and whatever else ends a sequence without saying anything of the model.
    """
    judge = _Judge(fresh, names, model, examples, tries, plays)
    kept = DirectoryBasedExampleDatabase(database) if database else InMemoryExampleDatabase()

    def shortest(*phases: Phase, most: int) -> list[Action]:
        chosen = settings(max_examples=most, phases=phases, database=kept, deadline=None, derandomize=False)
        try:
            return find(actions(names), judge, settings=chosen, database_key=_KEY)
        except NoSuchExample:
            return []
        except _Enough:
            return judge.shortest

    def again() -> list[Action]:
        for superseded in [*kept.fetch(_UNFINISHED)]:
            kept.delete(_UNFINISHED, superseded)
        for choices in [*kept.fetch(_KEY)]:
            kept.move(_KEY, _UNFINISHED, choices)
        return shortest(Phase.reuse, Phase.shrink, most=_REPLAYED) if any(kept.fetch(_UNFINISHED)) else []

    with judge.thorough():
        found = again()
    found = found or shortest(Phase.generate, Phase.shrink, most=_DRAWN + _DRAWN_PER_PLAYED * examples)
    played = 0
    for _ in range(_ROUNDS):
        if not found or judge.broken is not None or judge.played == played:
            break
        played = judge.played
        found = again() or found
    if judge.broken is not None and not found:
        raise judge.broken
    if not found:
        return Found(judge.examples)
    contradiction = judge.contradiction_of(found)
    if judge.broken:
        contradiction = said(
            "{contradiction}\nThe lab broke while a shorter one was looked for: {problem}",
            contradiction=contradiction,
            problem=judge.broken,
        )
    return Found(judge.examples, contradiction)


class _Enough(BaseException):
    """Nothing more has to be drawn. No Exception, since Hypothesis would take that for a failure and shrink it."""


class _Judge:
    """Plays the sequences that Hypothesis draws, and remembers the results. It plays none twice without need."""

    def __init__(
        self, fresh: Callable[[], Subject], names: Sequence[str], model: Model, examples: int, tries: int, plays: int
    ) -> None:
        self._fresh, self._names, self._model = fresh, names, model
        self._wanted, self._most_tries, self._most_plays = examples, tries, plays
        self._allowed: Counter[tuple[Action, ...]] = Counter()
        self._contradictions: dict[tuple[Action, ...], Message] = {}
        self.shortest: list[Action] = []
        self._thorough = False
        self.played = self.examples = 0
        self.broken: Exception | None = None

    def __call__(self, drawn: Sequence[Action]) -> bool:
        """Whether the sequence contradicts the model. Raises _Enough when nothing is left to be played."""
        is_done = not self._contradictions and not self._thorough and self.examples == self._wanted
        if is_done or self.broken is not None:
            raise _Enough
        steps = steps_of(drawn, self._names)
        for _ in range(0 if self.contradiction_of(drawn) else self._tries(steps, _cost(drawn))):
            self._play(steps)
            if self.broken is not None:
                raise _Enough
            if self.contradiction_of(drawn):
                break
        if not self.contradiction_of(drawn):
            return False
        if not self.shortest or _cost(drawn) < _cost(self.shortest):
            self.shortest = list(drawn)
        return True

    def contradiction_of(self, drawn: Sequence[Action]) -> Message:
        """In what a sequence contradicts the model, as far as it was played; what comes after that does not matter."""
        steps = steps_of(drawn, self._names)
        beginnings = (steps[:number] for number in range(1, len(steps) + 1))
        return next((self._contradictions[each] for each in beginnings if each in self._contradictions), UNSAID)

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
        if not steps:
            return 0
        tells = restores_something_else(steps)
        if not self._contradictions:
            if self._thorough:
                return self._most_tries
            if not tells or self.examples >= self._wanted or self._allowed[steps]:
                return 0
            self.examples += 1
            return 1
        # Without the restore that it takes, nothing that is shorter contradicts.
        promising = tells or not all(map(restores_something_else, self._contradictions))
        longer = len(steps) > len(steps_of(self.shortest, self._names))
        if not promising or longer or cost > _cost(self.shortest) or self.played >= self.examples + self._most_plays:
            return 0
        return (self._most_tries if tells else 1) - self._allowed[steps]

    def _play(self, steps: tuple[Action, ...]) -> None:
        self.played += 1
        told = tell(steps)
        title = (
            said("shorter sequence {number}: {steps}", number=self.played, steps=told)
            if self._contradictions
            else said("sequence {number}: {steps}", number=self.played, steps=told)
        )
        try:
            with trace.step_of(title, phase=True):
                play(steps, self._fresh(), self._model)
        except Contradiction as problem:
            self._contradictions[problem.steps] = problem.message
        except Exception as problem:
            self.broken = problem
        else:
            self._allowed.update(steps[:number] for number in range(1, len(steps) + 1))


def _cost(drawn: Sequence[Action]) -> int:
    """About how many choices Hypothesis makes to draw that; it shrinks to fewer ones."""
    return sum(2 + (2 * len(action.managers) + 1 if action.managers else 0) for action in drawn)
