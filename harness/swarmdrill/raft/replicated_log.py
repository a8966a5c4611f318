"""A simulated manager's Raft log: what it accepts, what it refuses, and what makes etcd's library panic."""

from collections.abc import Sequence
from dataclasses import dataclass


class Panic(Exception):
    """What ends dockerd: the library panics in a goroutine of its own, and nothing there recovers it.

    Source: SwarmKit `manager/state/raft/raft.go` JoinAndStart makes logrus the library's logger, whose Panicf
    panics; etcd raft `node.go` run is the goroutine.
    """


@dataclass(frozen=True)
class Entry:
    """An entry of the log; `what` is its content, empty for the entry that each new leader begins with."""

    term: int
    what: str = ""


class ReplicatedLog:
    """Entries 1, 2, 3 ... and up to which of them all are committed; nothing is compacted away.

    SwarmKit compacts only with a snapshot, by default every 10,000 entries (`raft.go` DefaultRaftConfig).
    Source: etcd raft `log.go`, in 3.3 and 3.5 alike (Docker Engine 20.10 to 28) but for the hint that a refusal
    gives, which is that of 3.5 here.

    Args:
        entries: the first of them has index 1.
        committed: an index, at most that of the last entry.
    Raises:
        ValueError: for any other `committed`. The library panics with the same words (`raft.go` loadState).
    """

    def __init__(self, entries: Sequence[Entry], committed: int) -> None:
        if not 0 <= committed <= len(entries):
            raise ValueError(f"commit {committed} is out of range [0, {len(entries)}]")
        self._entries = [Entry(0), *entries]
        self.committed = committed

    @property
    def last_index(self) -> int:
        """The index of the last entry."""
        return len(self._entries) - 1

    @property
    def last_term(self) -> int:
        """The term of the last entry."""
        return self._entries[-1].term

    def term(self, index: int) -> int:
        """The term of an entry, 0 where there is none (`log.go` term; it is an error only from 3.6 on)."""
        return self._entries[index].term if 0 <= index <= self.last_index else 0

    def entries(self, first: int = 1) -> tuple[Entry, ...]:
        """All entries from index `first` on."""
        return tuple(self._entries[first:])

    def is_up_to_date(self, last_index: int, last_term: int) -> bool:
        """Whether a candidate's log is at least as new as this one (`log.go` isUpToDate)."""
        return (last_term, last_index) >= (self.last_term, self.last_index)

    def add(self, entry: Entry) -> None:
        """Append an entry, as a leader does."""
        self._entries.append(entry)

    def try_append(self, index: int, term: int, entries: Sequence[Entry], commit: int) -> bool:
        """Append a leader's entries behind entry `index` of `term`; false if that entry is not in this log.

        An entry that is there with the same term is believed to be the leader's and kept, whatever is in it. From the
        first that differs in its term on, the leader's replace what was there. Raises Panic if that one is committed.
        Source: `log.go` maybeAppend, findConflict, append.
        """
        if self.term(index) != term:
            return False
        for at, entry in enumerate(entries, index + 1):
            if self.term(at) != entry.term:
                if at <= self.committed:
                    raise Panic(f"entry {at} conflict with committed entry [committed({self.committed})]")
                self._entries[at:] = entries[at - index - 1 :]
                break
        self.commit_to(min(commit, index + len(entries)))
        return True

    def commit_to(self, index: int) -> None:
        """Take note that everything up to `index` is committed (`log.go` commitTo).

        Raises Panic when there is no such entry.
        """
        if index <= self.committed:
            return
        if index > self.last_index:
            raise Panic(
                f"tocommit({index}) is out of range [lastIndex({self.last_index})]. "
                "Was the raft log corrupted, truncated, or lost?"
            )
        self.committed = index

    def last_not_above(self, index: int, term: int) -> int:
        """The last index up to `index` whose term is not above `term` (`log.go` findConflictByTerm)."""
        while index > 0 and self.term(index) > term:
            index -= 1
        return index
