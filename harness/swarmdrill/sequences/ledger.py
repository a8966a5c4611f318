"""The books of a sequence: what each manager's state directory and backup hold, as far as that is certain."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from swarmdrill.base.errors import ClaimRefuted
from swarmdrill.base.messages import Message, said
from swarmdrill.raft.model import Fate, Log, Prediction

# What says from where the logs stand what a start can lead to: `raft.model.predict`, or one that is planted in a test.
Model = Callable[[Mapping[str, Log]], Prediction]


@dataclass(frozen=True)
class Holding:
    """The marks in a state: those which are surely there, and all which may be."""

    sure: frozenset[str]
    perhaps: frozenset[str]

    @classmethod
    def of(cls, marks: Iterable[str]) -> "Holding":
        """Exactly these."""
        return cls(frozenset(marks), frozenset(marks))

    def fits(self, shown: frozenset[str]) -> bool:
        """Whether it can be what is shown."""
        return self.sure <= shown <= self.perhaps

    def mixed(self, shown: frozenset[str]) -> "Holding":
        """What it can be after having followed a leader that shows that, with a log that may be another."""
        return Holding(self.sure & shown, self.perhaps | shown)

    def describe(self) -> Message:
        """One line: the marks that are surely there, and those that may be."""
        sure = sorted(self.sure) or said("nothing")
        if perhaps := sorted(self.perhaps - self.sure):
            return said("{sure:,}, perhaps {perhaps:,}", sure=sure, perhaps=perhaps)
        return said("{sure:,}", sure=sure)


@dataclass(frozen=True)
class Directory:
    """A manager's state directory, or the copy of one.

    Args:
        in_line: whether its log is surely a beginning of the longest one of all that are. That ends for everybody when
            two managers may have taken different entries for the same, which the model calls FROZEN, DIVERGED or STUCK.
    """

    holding: Holding
    in_line: bool = True


@dataclass(frozen=True)
class Seen:
    """What the cluster shows: who leads, and the marks in the leader's state."""

    leader: str
    marks: frozenset[str]


class Ledger:
    """Keeps the books while a sequence is played; each method tells it what was done, and what was seen after it.

    Raises ClaimRefuted, with what is allowed, where that cannot be.

    Args:
        names: all managers; they hold nothing yet.
        leader: who leads them.
    """

    def __init__(self, names: Sequence[str], leader: str) -> None:
        self.directories = {name: Directory(Holding.of(())) for name in names}
        self.backups: dict[str, Directory] = {}
        self.seen = Seen(leader, frozenset())

    @property
    def in_line(self) -> bool:
        """Whether it is certain what every manager holds, and that all logs are beginnings of one."""
        return all(directory.in_line for directory in self.directories.values())

    def backed_up(self, names: Sequence[str]) -> None:
        """These were copied."""
        self.backups |= {name: self.directories[name] for name in names}

    def restored(self, names: Sequence[str]) -> None:
        """These got their copy back."""
        self.directories |= {name: self.backups[name] for name in names}

    def changed(self, mark: str, seen: Seen) -> None:
        """The leader was told to make something."""
        for name, directory in self.directories.items():
            holding = directory.holding
            sure = holding.sure | {mark} if directory.in_line or name == self.seen.leader else holding.sure
            self.directories[name] = replace(directory, holding=Holding(sure, holding.perhaps | {mark}))
        self.goes_on(seen)

    def goes_on(self, seen: Seen, without: str = "") -> None:
        """Somebody may have become the leader meanwhile, but not `without`, who was stopped."""
        same = seen.leader == self.seen.leader
        able = [seen.leader] if same else [name for name in self.directories if name != without]
        self._rules(seen, [self.directories[name].holding for name in able], surely_followed=self.in_line)

    def predict(self, logs: Mapping[str, Log], model: Model) -> Prediction:
        """What the model says of a start from these logs; it names histories as `Holding.describe` does."""
        return model(
            {name: replace(log, history=self.directories[name].holding.describe()) for name, log in logs.items()}
        )

    def started(self, prediction: Prediction, seen: Seen) -> None:
        """All were started, and one state rules."""
        holdings = {str(directory.holding.describe()): directory.holding for directory in self.directories.values()}
        able = [holdings[history] for history in sorted(prediction.histories)]
        fitting = {history for history in prediction.histories if holdings[history].fits(seen.marks)}
        fates = {outcome.fate for outcome in prediction.possible if outcome.history in fitting}
        self._rules(seen, able, surely_followed=self.in_line and fates == {Fate.ALIKE})

    def _rules(self, seen: Seen, able: Sequence[Holding], *, surely_followed: bool) -> None:
        """That state rules, which must be one of those; all others get it, surely or not."""
        if not any(holding.fits(seen.marks) for holding in able):
            allowed = dict.fromkeys(holding.describe() for holding in able)
            raise ClaimRefuted(
                said(
                    "{leader} leads and shows {shown}; allowed: {allowed:or}",
                    leader=seen.leader,
                    shown=Holding.of(seen.marks).describe(),
                    allowed=allowed,
                )
            )
        ruling = Holding.of(seen.marks)
        for name, directory in self.directories.items():
            alike = surely_followed or name == seen.leader
            holding = ruling if alike else directory.holding.mixed(seen.marks)
            self.directories[name] = Directory(holding, surely_followed)
        self.seen = seen
