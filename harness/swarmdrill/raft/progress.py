"""What managers send each other, and what a leader believes of a follower."""

from dataclasses import dataclass
from enum import StrEnum

from swarmdrill.raft.replicated_log import Entry


class ProgressKind(StrEnum):
    """What a message is, as the library names it (`raftpb`)."""

    VOTE = "MsgVote"
    VOTE_ANSWER = "MsgVoteResp"
    APPEND = "MsgApp"
    APPEND_ANSWER = "MsgAppResp"
    HEARTBEAT = "MsgHeartbeat"
    HEARTBEAT_ANSWER = "MsgHeartbeatResp"


@dataclass(frozen=True)
class RaftMessage:
    """What one manager sends to another.

    Args:
        term: the sender's, when it sent this.
        index, log_term: the entry that this is about: a candidate's last one, the one before `entries`, or the one
            that a follower has or refused.
        commit: what the leader knows to be committed on both sides.
        reject, hint: of an answer; the hint is where the logs can have been the same.
    """

    kind: ProgressKind
    sender: str
    to: str
    term: int
    index: int = 0
    log_term: int = 0
    entries: tuple[Entry, ...] = ()
    commit: int = 0
    reject: bool = False
    hint: int = 0


@dataclass
class Progress:
    """A follower as its leader sees it: it has everything up to `match`, and is sent `next` next.

    Flow control by size and snapshots are left out.
    Source: etcd raft `tracker/progress.go`, in 3.3 `progress.go`.

    Args:
        replicates: entries are sent as they come (StateReplicate); else one message per answer (StateProbe).
        probe_sent: that one message is on its way.
        active: it has answered since the leader last looked (RecentActive).
    """

    next: int
    match: int = 0
    replicates: bool = False
    probe_sent: bool = False
    active: bool = False

    @property
    def paused(self) -> bool:
        """Whether nothing may be sent now (IsPaused)."""
        return self.probe_sent and not self.replicates

    def update(self, index: int) -> bool:
        """The follower says that it has `index`; false if that is no news. Nobody asks if the leader has it itself.

        Source: MaybeUpdate.
        """
        grown = index > self.match
        if grown:
            self.match, self.probe_sent = index, False
        self.next = max(self.next, index + 1)
        return grown

    def decrease(self, rejected: int, hint: int) -> bool:
        """The follower refused what follows `rejected`; false if that is taken for an old message (MaybeDecrTo)."""
        if self.replicates:
            if rejected <= self.match:
                return False
            self.next = self.match + 1
            return True
        if self.next - 1 != rejected:
            return False
        self.next, self.probe_sent = max(min(rejected, hint + 1), 1), False
        return True

    def replicate(self) -> None:
        """Send entries as they come from now on (BecomeReplicate)."""
        self.replicates, self.probe_sent, self.next = True, False, self.match + 1

    def probe(self) -> None:
        """Send one message per answer from now on (BecomeProbe)."""
        self.replicates, self.probe_sent, self.next = False, False, self.match + 1

    def sent(self, entries: int) -> None:
        """So many entries were sent (OptimisticUpdate)."""
        if self.replicates:
            self.next += entries
        elif entries:
            self.probe_sent = True
