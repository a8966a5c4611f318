"""Read a dockerd log: where a manager's Raft log stood when it started, who stood for election, who panicked."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from swarmdrill.raft.model import Log


class ElectionKind(StrEnum):
    """What a line of the log says of Raft."""

    START = "starts"
    CAMPAIGN = "starts an election"
    CANDIDATE = "is candidate"
    LEADER = "is leader"
    FOLLOWER = "is follower"
    ELECTED = "has a leader"
    LEADER_CHANGED = "has another leader"
    LEADER_LOST = "has no leader"
    VOTED = "votes for"
    REFUSED = "refuses its vote to"
    IGNORED = "ignores"
    GRANTED = "has the vote of"
    REFUSAL = "does not have the vote of"
    HIGHER_TERM = "learns of a higher term"
    STEPPED_DOWN = "steps down: no majority answers"
    CONFLICT = "replaces entries by the leader's"
    MISAPPLIED = "cannot apply an entry to its state"
    PANIC = "panics"


@dataclass(frozen=True)
class StartPosition:
    """Where a manager's log stood when its engine started, as the library says in its line `newRaft`.

    Args:
        time: in seconds since 1970, by that machine's clock.
        node: the manager's Raft id in hex; it is another one than the node's id.
        term, commit: of its HardState.
        last_index, last_term: of the last entry in its log.
    """

    time: float
    node: str
    term: int
    commit: int
    last_index: int
    last_term: int

    def log(self, history: str) -> Log:
        """The same for `model.predict`; `history` names the state that this log holds."""
        return Log(self.term, self.last_term, self.last_index, self.commit, history)


@dataclass(frozen=True)
class ElectionEvent:
    """One line of the log.

    Args:
        time: in seconds since 1970, by that machine's clock; of the line before where a panic has none.
        node: the Raft id of the manager that says it, in hex, where the line has it.
        kind: what it says.
        term: the term that it speaks of, 0 where it names none. For `CAMPAIGN` it is the one before the election.
        other: the Raft id of the manager that it speaks of, where there is one.
        message: the line's text.
    """

    time: float
    node: str
    kind: ElectionKind
    term: int
    other: str
    message: str


_LINE = re.compile(r'time="(?P<time>[^"]+)" level=(?P<level>\w+) msg="(?P<message>(?:[^"\\]|\\.)*)"(?P<rest>.*)')
_BARE_PANIC = re.compile(r"(?:^|: )panic: (?!\(\*logrus\.Entry\))(?P<message>.+)")
_POSITION = re.compile(
    r"newRaft (?P<node>[0-9a-f]+) \[peers: \[[^\]]*\], term: (?P<term>\d+), commit: (?P<commit>\d+), "
    r"applied: \d+, lastindex: (?P<last_index>\d+), lastterm: (?P<last_term>\d+)\]"
)
_NODE, _OTHER, _TERM = "(?P<node>[0-9a-f]+)", "(?P<other>[0-9a-f]+)", r"(?P<term>\d+)"
# etcd raft 3.2 to 3.6 have the same words in raft.go, log.go and node.go (run); only the names of messages that a
# manager counts changed their case, and those are not read. SwarmKit's own: manager/state/raft/raft.go processEntry.
_PATTERNS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (ElectionKind.START, rf"newRaft {_NODE} \[peers: .*?term: {_TERM},"),
        (ElectionKind.CAMPAIGN, rf"{_NODE} is starting a new election at term {_TERM}"),
        (ElectionKind.CANDIDATE, rf"{_NODE} became candidate at term {_TERM}"),
        (ElectionKind.LEADER, rf"{_NODE} became leader at term {_TERM}"),
        (ElectionKind.FOLLOWER, rf"{_NODE} became follower at term {_TERM}"),
        (ElectionKind.ELECTED, rf"raft\.node: {_NODE} elected leader {_OTHER} at term {_TERM}"),
        (
            ElectionKind.LEADER_CHANGED,
            rf"raft\.node: {_NODE} changed leader from [0-9a-f]+ to {_OTHER} at term {_TERM}",
        ),
        (ElectionKind.LEADER_LOST, rf"raft\.node: {_NODE} lost leader {_OTHER} at term {_TERM}"),
        (ElectionKind.VOTED, rf"{_NODE} \[logterm: .*\] cast MsgVote for {_OTHER} \[.*\] at term {_TERM}"),
        (ElectionKind.REFUSED, rf"{_NODE} \[logterm: .*\] rejected MsgVote from {_OTHER} \[.*\] at term {_TERM}"),
        (ElectionKind.IGNORED, rf"{_NODE} \[logterm: .*\] ignored MsgVote from {_OTHER} \[.*\] at term {_TERM}"),
        (
            ElectionKind.IGNORED,
            rf"{_NODE} \[term: \d+\] ignored a MsgVote message with lower term from {_OTHER} \[term: {_TERM}\]",
        ),
        (ElectionKind.GRANTED, rf"{_NODE} received MsgVoteResp from {_OTHER} at term {_TERM}"),
        (ElectionKind.REFUSAL, rf"{_NODE} received MsgVoteResp rejection from {_OTHER} at term {_TERM}"),
        (
            ElectionKind.HIGHER_TERM,
            rf"{_NODE} \[term: \d+\] received a \w+ message with higher term from {_OTHER} \[term: {_TERM}\]",
        ),
        (ElectionKind.STEPPED_DOWN, rf"{_NODE} stepped down to follower since quorum is not active"),
        (ElectionKind.CONFLICT, rf"found conflict at index \d+ \[existing term: \d+, conflicting term: {_TERM}\]"),
        (ElectionKind.MISAPPLIED, "failed to apply actions from raft"),
    )
)


def events(text: str) -> tuple[ElectionEvent, ...]:
    """Everything that a dockerd log says of Raft, in the order of its lines.

    Args:
        text: the log in logrus's text format, which is dockerd's default; a prefix of syslog's or the journal's on
            each line does no harm. The level has to be info or finer, which is the default too.
    """
    return tuple(_events(text))


def _events(text: str) -> Iterator[ElectionEvent]:
    time = 0.0
    for line in text.splitlines():
        if found := _LINE.search(line):
            time = datetime.fromisoformat(found["time"]).timestamp()
            if event := _event(time, found["level"], re.sub(r"\\(.)", r"\1", found["message"]), found["rest"]):
                yield event
        elif bare := _BARE_PANIC.search(line):
            yield ElectionEvent(time, "", ElectionKind.PANIC, 0, "", bare["message"])


def _event(time: float, level: str, message: str, rest: str) -> ElectionEvent | None:
    for kind, pattern in _PATTERNS:
        if match := pattern.match(message):
            groups = match.groupdict()
            shown = message + rest if kind is ElectionKind.MISAPPLIED else message
            return ElectionEvent(
                time, groups.get("node", ""), kind, int(groups.get("term", 0)), groups.get("other", ""), shown
            )
    return ElectionEvent(time, "", ElectionKind.PANIC, 0, "", message) if level == "panic" else None


def starts(text: str) -> tuple[StartPosition, ...]:
    """Where the log stood at each start of the manager that a dockerd log tells of, the oldest first."""
    positions = []
    for event in events(text):
        if event.kind is ElectionKind.START and (found := _POSITION.match(event.message)):
            numbers = {name: int(found[name]) for name in ("term", "commit", "last_index", "last_term")}
            positions.append(StartPosition(event.time, event.node, **numbers))
    return tuple(positions)


def since_last_start(seen: Sequence[ElectionEvent]) -> tuple[ElectionEvent, ...]:
    """The events from a manager's last start on; all of them if none is a start."""
    last = max((at for at, event in enumerate(seen) if event.kind is ElectionKind.START), default=0)
    return tuple(seen[last:])


def first_candidate(events_by_machine: Mapping[str, Sequence[ElectionEvent]]) -> str | None:
    """Which machine stood for election first after its last start; nothing if none did.

    The machines' own clocks are compared: containers have their host's, virtual machines should have the same time.
    """
    stood = {
        machine: min(times)
        for machine, seen in events_by_machine.items()
        if (times := [event.time for event in since_last_start(seen) if event.kind is ElectionKind.CANDIDATE])
    }
    return min(stood, key=lambda machine: stood[machine]) if stood else None
