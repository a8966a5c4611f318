"""What starting managers that hold different logs can lead to: which state rules, and who disagrees with it.

The logs are those of one cluster at different times, so that each is the beginning of the newest. All managers are
stopped, some get an older state directory, all start. Sources: etcd raft 3.3 to 3.5 (`raft.go`, `log.go`), which
Docker Engine 20.10 to 28 contain, and SwarmKit `manager/state/raft/raft.go`. Engine 29 has raft 3.6: there a leader
that believes a follower to be ahead of it sends a snapshot, and panics if it has none (`raft.go` maybeSendAppend).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from swarmdrill.base.messages import Message, said


class Fate(StrEnum):
    """How the managers stand to the one that leads, from best to worst."""

    ALIKE = said("all managers hold the same log")
    LEFT_OUT = said("a manager is no member in the log that rules, so it neither leads nor follows")
    FROZEN = said("a manager keeps what it has, gets nothing more, and is counted as up to date")
    DIVERGED = said("two managers hold different entries under the same index and term, and go on with both")
    STUCK = said("the leader can commit nothing, because followers that it believes up to date are not")
    PANIC = said("a manager's engine ends with a panic")
    LEADERLESS = said("no leader can be elected")


@dataclass(frozen=True)
class StartOutcome:
    """What a restart came to: the state that the leader has, and the worst that is true of any manager.

    A manager's API shows the leader's state, not its own: SwarmKit forwards every call, also those that only read
    (`manager/manager.go` Run: localProxyControlAPI). So `history` is what all managers show, whatever the fate.
    """

    history: str
    fate: Fate


@dataclass(frozen=True)
class Log:
    """A manager's log when its engine starts, as the library's line `newRaft` has it.

    Args:
        term, commit: of its HardState; the term is that of the last entry, or higher after failed candidacies.
        last_term, last_index: of its last entry.
        history: the name of the state that it holds, such as "newest".
        members: the managers that are members in this log up to `commit`; None: all those that start. Membership is in
            the log, so a backup has that of its time (SwarmKit `raft.go` processConfChange).
    """

    term: int
    last_term: int
    last_index: int
    commit: int
    history: str
    members: frozenset[str] | None = None

    @property
    def newness(self) -> tuple[int, int]:
        """What decides which of two logs is newer (`log.go` isUpToDate)."""
        return self.last_term, self.last_index

    def describe(self) -> Message:
        """One line: what it holds, how far it goes, and how much of that is committed."""
        return said(
            "{history}, {entries} entries to term {last_term}, {committed} committed",
            history=self.history,
            entries=self.last_index,
            last_term=self.last_term,
            committed=self.commit,
        )


@dataclass(frozen=True)
class Prediction:
    """What can happen.

    Args:
        usual: the outcomes if elections do not overlap, that is, if each is over before the next begins, 10 s later
            or so, and if leaders that step down leave nothing behind. Nearly every restart ends with one of these.
        possible: those, and the ones that follow if not.
        why: the reasoning, some lines for a reader.
    """

    usual: frozenset[StartOutcome]
    possible: frozenset[StartOutcome]
    why: Message

    def allows(self, observed: StartOutcome | str) -> bool:
        """Whether that can happen; of a history alone, whether it can rule."""
        return observed in self.possible or observed in self.histories

    @property
    def histories(self) -> frozenset[str]:
        """The states that can rule."""
        return frozenset(outcome.history for outcome in self.possible)


def voters(name: str, logs: Mapping[str, Log]) -> tuple[str, ...]:
    """Who would vote for `name`: members with a log that is not newer, to whom it is a member.

    Source: `raft.go` Step (MsgVote), SwarmKit `raft.go` ProcessRaftMessage (drops an unknown member's request).
    """
    return tuple(
        voter
        for voter, log in logs.items()
        if log.newness <= logs[name].newness and voter in _members(name, logs) and name in _members(voter, logs)
    )


def electable(logs: Mapping[str, Log]) -> tuple[str, ...]:
    """The managers that a majority of their own members would vote for."""
    return tuple(name for name in logs if len(voters(name, logs)) >= _quorum(name, logs))


def predict(logs: Mapping[str, Log]) -> Prediction:
    """What starting all these managers can lead to.

    1. Only an electable manager's state can rule. Fewer old logs than a majority therefore never win.
    2. An electable manager with an old log stands at its term + 1. If somebody has a higher term already, its answer
       makes that leader step down (`raft.go` Step: CheckQuorum answers a lower term's leader). The managers that are
       ahead need the votes of a majority: their own and that of the leader that stepped down, if its first entry is not
       of a higher term than all of theirs. The other followers keep to their leader for 10 s (Step: inLease). If that
       suffices, the newest state wins; if not, terms go on rising until an old log leads at the highest term, or
       somebody newer is elected first.
    3. An old log that leads at a term above all others rules. A follower that has more committed than the leader's log
       has answers with its own commit index, which the leader takes for a match (`raft.go` handleAppendEntries,
       `tracker/progress.go` MaybeUpdate). It is never sent what it lacks. That is FROZEN: no panic, no message.
    4. If the term at which an old log leads is the one of the newest log's last entry, both have entries of the same
       index and term with different content. Raft takes them for the same (`log.go` matchTerm): once the leader's log
       is longer, the follower goes on with it from there. That is DIVERGED: whoever leads next shows its own state.
       One election between backup and restore is enough, and the usual case.
    5. An entry that a follower has beyond the leader's log and not committed is replaced (`log.go` maybeAppend).
    6. If a leader of rule 2 committed its first entry before it stepped down, it cannot go back. The next leader can
       count it as a match in vain: FROZEN, or STUCK if a majority is like that.

    Args:
        logs: every manager that starts, by name. A member that does not start is missing here and in `members`.
    Raises:
        ValueError: without any manager.
    """
    if not logs:
        raise ValueError("no manager starts")
    able = electable(logs)
    if not able:
        outcome = frozenset({StartOutcome("", Fate.LEADERLESS)})
        return Prediction(outcome, outcome, _lines([*_who(logs), said("None of them can get a majority's votes.")]))
    usual: set[StartOutcome] = set()
    possible: set[StartOutcome] = set()
    reasons: dict[Message, None] = {}
    contested = any(_ahead(name, logs) for name in able)
    for name in able:
        history = logs[name].history
        fate, reason = _if_first(name, logs)
        like = _like(name, able, logs)
        reasons[said("{managers} can be elected. {reason}", managers=like, reason=reason)] = None
        if fate:
            usual.add(StartOutcome(history, fate))
        fates = {Fate.ALIKE, Fate.FROZEN, Fate.DIVERGED, Fate.STUCK} if contested else set()
        possible |= {StartOutcome(history, each) for each in fates | ({fate} if fate else set())}
    never = [name for name in logs if name not in able]
    if never:
        text = said(
            "{managers} cannot be elected: too few managers have logs that are as old or older.", managers=never
        )
        reasons[text] = None
    return Prediction(frozenset(usual), frozenset(possible), _lines([*_who(logs), *reasons]))


def _if_first(name: str, logs: Mapping[str, Log]) -> tuple[Fate | None, Message]:
    """What happens if this electable manager stands first; no fate if it does not stay leader."""
    log, ahead = logs[name], _ahead(name, logs)
    outside = [other for other in logs if other not in _members(name, logs)]
    if outside:
        return Fate.LEFT_OUT, said("In its log, {managers} is no member.", managers=outside)
    if not ahead:
        return Fate.ALIKE, said("No log is newer, so the others get what they lack.")
    term, highest = log.term + 1, max(other.term for other in logs.values())
    if term < highest:
        leads = said(
            "It leads at term {term}, below term {highest}, and steps down as soon as it hears of that.",
            term=term,
            highest=highest,
        )
        if min(_sure_votes(other, ahead, term, logs) for other in ahead) >= _quorum(name, logs):
            return None, said(
                "{leads} With its vote {newer} can be elected before anybody else stands again.",
                leads=leads,
                newer=ahead,
            )
        term = highest + 1
        leads = said(
            "{leads} Its vote is not enough for {newer}, so that it can lead again, above all terms.",
            leads=leads,
            newer=ahead,
        )
    else:
        leads = said("It leads at term {term}, and nobody has a higher one.", term=term)
    if same := [other for other in ahead if logs[other].last_term == term]:
        return Fate.DIVERGED, said(
            "{leads} Entries of that term are in the log of {same} too, with other content, and taken for the "
            "leader's. All show the leader's state; whoever leads next shows its own.",
            leads=leads,
            same=same,
        )
    keep = [other for other in ahead if logs[other].commit > log.last_index]
    if not keep:
        return Fate.ALIKE, said(
            "{leads} Nothing is committed of what {newer} has beyond its log, so that is replaced.",
            leads=leads,
            newer=ahead,
        )
    return Fate.FROZEN, said(
        "{leads} More than its log has is committed in that of {keep}, which is taken for up to date and gets nothing "
        "more. All show the leader's state.",
        leads=leads,
        keep=keep,
    )


def _sure_votes(name: str, ahead: Iterable[str], term: int, logs: Mapping[str, Log]) -> int:
    """On whose votes one of those ahead can count: their own, and that of the leader of `term` that stepped down.

    That one's log ends with an entry of `term`, which can make it newer than a log that is longer.
    """
    own = len([other for other in ahead if logs[other].newness <= logs[name].newness])
    return own + (term <= logs[name].last_term)


def _members(name: str, logs: Mapping[str, Log]) -> Iterable[str]:
    members = logs[name].members
    return logs if members is None else members


def _quorum(name: str, logs: Mapping[str, Log]) -> int:
    return len(list(_members(name, logs))) // 2 + 1


def _ahead(name: str, logs: Mapping[str, Log]) -> list[str]:
    return [other for other, log in logs.items() if log.newness > logs[name].newness]


def _like(name: str, able: Iterable[str], logs: Mapping[str, Log]) -> list[str]:
    return [other for other in able if logs[other] == logs[name]]


def _who(logs: Mapping[str, Log]) -> list[Message]:
    return [
        said("{manager}: {log}, term {term}", manager=name, log=log.describe(), term=log.term)
        for name, log in logs.items()
    ]


def _lines(lines: Iterable[Message]) -> Message:
    return said("{lines:lines}", lines=lines)
