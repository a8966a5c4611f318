"""The search finds an error in a model and shrinks it to the shortest sequence; the model that is used has none.

The cluster is simulated, so that what takes half an hour on machines takes a second. What is drawn follows from a seed.
"""

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import hypothesis
import pytest
from hypothesis.internal.conjecture import engine

from swarmdrill.base.errors import LabBroken, UnfaithfulCopy
from swarmdrill.base.messages import said
from swarmdrill.raft.model import Fate, Log, Prediction, StartOutcome, predict
from swarmdrill.sequences.play import Subject
from swarmdrill.sequences.search import Found, search
from swarmdrill.sequences.simulated import SimulatedSubject

NAMES = ("manager1", "manager2", "manager3")
Fresh = Callable[[], Subject]


@pytest.fixture
def fresh() -> Fresh:
    """Simulated clusters, each with other elections than the one before."""
    number = count()
    return lambda: SimulatedSubject(NAMES, random.Random(f"cluster {next(number)}"))


def newest_wins(logs: Mapping[str, Log]) -> Prediction:
    """What the document says (D6), and what is wrong: the newest state always wins."""
    newest = max(logs.values(), key=lambda log: log.newness)
    outcomes = frozenset({StartOutcome(newest.history, Fate.ALIKE)})
    return Prediction(outcomes, outcomes, "the newest always wins")


def never_apart(logs: Mapping[str, Log]) -> Prediction:
    """The model, but blind to managers that hold different states while they follow the same leader."""
    outcomes = frozenset(StartOutcome(outcome.history, Fate.ALIKE) for outcome in predict(logs).possible)
    return Prediction(outcomes, outcomes, "all hold what the leader holds")


@pytest.fixture(autouse=True)
def _seed(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `--hypothesis-seed` does."""
    monkeypatch.setattr(hypothesis.core, "global_force_seed", getattr(request, "param", 1))


def seeds(*numbers: int) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("_seed", numbers, indirect=True)


class TestPlantedErrors:
    @seeds(0, 1, 2)
    def test_newest_always_wins_is_refuted_by_five_steps(self, fresh: Fresh) -> None:
        found = search(fresh, NAMES, examples=100, model=newest_wins)
        two = r"(manager\d and manager\d)"
        assert re.fullmatch(
            rf"back up {two}; change \(change-1\); stop all; restore \1; start all: "
            r"manager\d leads and shows nothing; allowed: change-1",
            found.contradiction,
        )

    def test_managers_that_differ_unseen_show_when_another_one_leads(self, fresh: Fresh) -> None:
        found = search(fresh, NAMES, examples=300, model=never_apart, tries=12, plays=500)
        steps = found.contradiction.split(": ")[0].split("; ")
        assert len(steps) <= 8
        assert steps[-1].startswith(("restart the leader", "back up manager", "start all"))

    def test_it_is_found_again_first_of_all(self, fresh: Fresh, tmp_path: Path) -> None:
        first = search(fresh, NAMES, examples=100, model=newest_wins, database=tmp_path)
        again = search(fresh, NAMES, examples=1, model=newest_wins, database=tmp_path, plays=3)
        assert again.played == 0
        assert again.contradiction.split(": ")[0] == first.contradiction.split(": ")[0]

    @seeds(1, 2, 3, 4)
    def test_shrinking_goes_on_when_hypothesis_has_lost_patience(
        self, fresh: Fresh, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It gives up after five minutes, which are five sequences on machines."""
        passed = 0.0

        def slow() -> Subject:
            nonlocal passed
            passed += 60
            return fresh()

        monkeypatch.setattr(engine, "time", SimpleNamespace(perf_counter=lambda: passed, monotonic=time.monotonic))
        found = search(slow, NAMES, examples=100, model=newest_wins)
        steps = [step.split(" manager")[0] for step in found.contradiction.split(": ")[0].split("; ")]
        assert steps == ["back up", "change (change-1)", "stop all", "restore", "start all"]

    def test_a_bound_on_shrinking_leaves_it_longer(self, fresh: Fresh) -> None:
        found = search(fresh, NAMES, examples=100, model=newest_wins, plays=0)
        assert found.contradiction.count("; ") > 4


class TestTheModel:
    @pytest.mark.parametrize("managers", [3, 5])
    def test_allows_whatever_simulated_managers_do(self, managers: int) -> None:
        names = tuple(f"manager{number}" for number in range(1, managers + 1))
        number = count()
        found = search(lambda: SimulatedSubject(names, random.Random(next(number))), names, examples=25)
        assert found == Found(25)
        assert found.describe() == "25 sequences ended as the model allows"


class TestBrokenLab:
    def breaking(self, fresh: Fresh, at: int) -> tuple[Fresh, list[int]]:
        """A lab that breaks when the cluster is wanted for the `at`th time, and for how often it was."""
        wanted: list[int] = []

        def make() -> Subject:
            wanted.append(len(wanted) + 1)
            if len(wanted) >= at:
                raise LabBroken(said("the machine has gone"))
            return fresh()

        return make, wanted

    def test_is_no_result_and_not_shrunk(self, fresh: Fresh) -> None:
        make, wanted = self.breaking(fresh, 2)
        with pytest.raises(LabBroken, match="the machine has gone"):
            search(make, NAMES, examples=20)
        assert wanted == [1, 2]

    def test_while_shrinking_leaves_what_was_found(self, fresh: Fresh) -> None:
        whole = search(fresh, NAMES, examples=100, model=newest_wins, plays=0)
        make, wanted = self.breaking(fresh, whole.played + 2)
        found = search(make, NAMES, examples=100, model=newest_wins)
        assert len(wanted) == whole.played + 2
        assert "shows " in found.contradiction
        assert found.contradiction.endswith("The lab broke while a shorter one was looked for: the machine has gone")

    def test_a_copy_that_is_no_copy_is_no_contradiction(self) -> None:
        class Unfaithful(SimulatedSubject):
            def restore(self, names: Sequence[str]) -> None:
                raise UnfaithfulCopy(said("manager1: corrupt"))

        with pytest.raises(UnfaithfulCopy):
            search(lambda: Unfaithful(NAMES, random.Random(1)), NAMES, examples=5)
