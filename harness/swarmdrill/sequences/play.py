"""Play a sequence on a cluster, real or simulated, and compare what it shows with what the model allows."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from swarmdrill.base import trace
from swarmdrill.base.errors import ClaimRefuted, ConditionNotMet, LabBroken, Told
from swarmdrill.base.messages import Message, quoted, said
from swarmdrill.raft.model import Fate, Log
from swarmdrill.sequences.actions import Action, ActionKind, tell
from swarmdrill.sequences.ledger import Ledger, Model, Seen


class Subject(Protocol):
    """A cluster on which a sequence is played; it begins with an empty state and a leader.

    Whatever waits raises ConditionNotMet when a state is not reached, and LabBroken when the lab fails.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """All managers."""

    def look(self) -> Seen:
        """Wait until all managers are ready and agree; who leads, and what they show."""

    def make(self, step: Action) -> None:
        """Change the state so that it has the step's mark: deploy a stack, or a simple change."""

    def back_up(self, names: Sequence[str], running: bool) -> None:
        """Replace the copies of these managers' state directories; stop them for that if they run, then start them."""

    def stop(self) -> None:
        """Stop all managers."""

    def restore(self, names: Sequence[str]) -> None:
        """Give these managers, which are stopped, their copies back."""

    def start(self) -> Mapping[str, Log]:
        """Start all managers; where their logs stood. Histories are not filled in. Nobody need lead yet."""

    def panicked(self) -> str:
        """What managers said that panicked since the start; nothing if none did."""

    def restart_leader(self) -> None:
        """Stop the leader, wait until the others have another one, start it again."""


class Contradiction(ClaimRefuted):
    """What a cluster showed after these steps, and what the model allows."""

    def __init__(self, steps: Sequence[Action], seen: Message) -> None:
        self.steps = tuple(steps)
        super().__init__(said("{steps}: {seen}", steps=tell(steps), seen=seen))


class _Ends(Told):
    """The cluster is in a state that the model allows, and from which nothing more can be played."""


def play(steps: Sequence[Action], subject: Subject, model: Model) -> None:
    """Carry out the steps, one after another; after each that lets managers start, what they show must be allowed.

    A sequence that the cluster does not survive, as the model allows, ends there. Raises Contradiction with the steps
    that led to it, LabBroken as the subject does.
    """
    player = _Player(subject, model)
    for number, step in enumerate(steps, 1):
        try:
            with trace.step_of(step.tell(), phase=True):
                player.carry_out(step)
        except _Ends as end:
            trace.observe(said("the sequence ends here"), end.message)
            return
        except (ClaimRefuted, ConditionNotMet) as problem:
            raise Contradiction(steps[:number], said("{problem}", problem=problem)) from problem


class _Player:
    def __init__(self, subject: Subject, model: Model) -> None:
        self._subject, self._model = subject, model
        try:
            self._ledger = Ledger(subject.names, subject.look().leader)
        except ConditionNotMet as problem:  # nothing was played yet
            raise LabBroken(said("the cluster is not ready to begin: {problem}", problem=problem)) from problem
        self._running = True

    def carry_out(self, step: Action) -> None:
        """Do one step and enter it into the books."""
        try:
            self._do(step)
        except ConditionNotMet as problem:
            if self._ledger.in_line:
                raise
            raise _Ends(
                said("Managers may hold different entries since an earlier start. {problem}", problem=problem)
            ) from problem

    def _do(self, step: Action) -> None:
        subject, ledger = self._subject, self._ledger
        match step.kind:
            case ActionKind.CHANGE | ActionKind.DEPLOY:
                subject.make(step)
                ledger.changed(step.mark, subject.look())
            case ActionKind.BACK_UP:
                ledger.backed_up(step.managers)
                subject.back_up(step.managers, self._running)
                if self._running:
                    ledger.goes_on(subject.look())
            case ActionKind.STOP:
                subject.stop()
                self._running = False
            case ActionKind.RESTORE:
                subject.restore(step.managers)
                ledger.restored(step.managers)
            case ActionKind.START:
                self._running = True
                self._start()
            case ActionKind.RESTART_LEADER:
                subject.restart_leader()
                ledger.goes_on(subject.look(), without=ledger.seen.leader)

    def _start(self) -> None:
        prediction = self._ledger.predict(self._subject.start(), self._model)
        trace.observe(said("what the model allows"), prediction.why)
        try:
            seen = self._subject.look()
        except ConditionNotMet as problem:
            if panic := self._subject.panicked():
                raise ConditionNotMet(quoted(panic), str(problem)) from problem
            if Fate.STUCK in {outcome.fate for outcome in prediction.possible}:
                raise _Ends(
                    said("{fate}, as the model allows. {problem}", fate=Fate.STUCK, problem=problem)
                ) from problem
            raise
        self._ledger.started(prediction, seen)
