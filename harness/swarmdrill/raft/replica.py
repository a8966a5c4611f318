"""One simulated manager: elections and replication as etcd's Raft library does them, driven by ticks and messages."""

import random
from collections.abc import Sequence
from enum import StrEnum

from swarmdrill.raft.progress import Progress, ProgressKind, RaftMessage
from swarmdrill.raft.replicated_log import Entry, ReplicatedLog

# SwarmKit manager/state/raft/raft.go DefaultNodeConfig, in Engine 20.10 to 28; a tick is 1 s and a heartbeat is sent at
# each (NewNode). dockerd's daemon/config/config.go has a key for the ticks, but no flag, so validation refuses the key.
# CheckQuorum is true. NewNode does not pass on PreVote, so that is off.
ELECTION_TICKS = 10


class State(StrEnum):
    """What a manager is in its term."""

    FOLLOWER = "follower"
    CANDIDATE = "candidate"
    LEADER = "leader"


class Replica:
    """A manager among `members`.

    The vote that it gave in the term that it starts with is left out: it can give it once more. That matters only to a
    candidate that had a lower term and yet has a log at least as new.
    Source: etcd raft 3.5 `raft.go`, by the functions named below; 3.3 does the same.

    Args:
        name: its own name, one of `members`.
        term: of its HardState, when it starts.
        rng: draws the election time-outs.
    Attributes:
        outbox: what it wants to send.
        candidacies: how often it stood for election.
    """

    def __init__(self, name: str, members: Sequence[str], log: ReplicatedLog, term: int, rng: random.Random) -> None:
        self.name, self.log, self.rng = name, log, rng
        self.peers = tuple(member for member in members if member != name)
        self.quorum = len(members) // 2 + 1
        self.outbox: list[RaftMessage] = []
        self.candidacies = 0
        self.term, self.vote = term, ""
        self._follow(term, "")

    @property
    def leads(self) -> bool:
        """Whether it is leader."""
        return self.state is State.LEADER

    def _reset(self, term: int) -> None:
        if self.term != term:
            self.term, self.vote = term, ""
        self.leader = ""
        self.elapsed = 0
        self.timeout = ELECTION_TICKS + self.rng.randrange(ELECTION_TICKS)
        self.votes: dict[str, bool] = {}
        self.progress = {peer: Progress(self.log.last_index + 1) for peer in self.peers}

    def _follow(self, term: int, leader: str) -> None:
        self._reset(term)
        self.leader, self.state = leader, State.FOLLOWER

    def tick(self) -> None:
        """A second has passed (tickElection, tickHeartbeat)."""
        self.elapsed += 1
        if not self.leads:
            if self.elapsed >= self.timeout:
                self.campaign()
            return
        if self.elapsed >= ELECTION_TICKS:
            self.elapsed = 0
            self._check_quorum()
        if self.leads:
            for peer, progress in self.progress.items():
                commit = min(progress.match, self.log.committed)
                self.outbox.append(RaftMessage(ProgressKind.HEARTBEAT, self.name, peer, self.term, commit=commit))

    def _check_quorum(self) -> None:
        answered = sum(progress.active for progress in self.progress.values())
        if answered + 1 < self.quorum:
            self._follow(self.term, "")
        for progress in self.progress.values():
            progress.active = False

    def campaign(self) -> None:
        """Stand for election; alone, it elects itself at once (hup, campaign, becomeCandidate)."""
        self._reset(self.term + 1)
        self.state, self.vote = State.CANDIDATE, self.name
        self.candidacies += 1
        self.votes[self.name] = True
        self._count()
        if self.leads:
            return
        last, last_term = self.log.last_index, self.log.last_term
        for peer in self.peers:
            self.outbox.append(
                RaftMessage(ProgressKind.VOTE, self.name, peer, self.term, index=last, log_term=last_term)
            )

    def _count(self) -> None:
        granted = sum(self.votes.values())
        if granted >= self.quorum:
            self._reset(self.term)
            self.leader, self.state = self.name, State.LEADER
            self.propose("")
        elif len(self.votes) - granted > len(self.peers) + 1 - self.quorum:
            self._follow(self.term, "")

    def propose(self, what: str) -> None:
        """Add an entry as the leader, and send it (becomeLeader, appendEntry, bcastAppend)."""
        self.log.add(Entry(self.term, what))
        self._commit()
        self._broadcast()

    def _commit(self) -> bool:
        has = sorted([self.log.last_index, *(progress.match for progress in self.progress.values())], reverse=True)
        index = has[self.quorum - 1]
        if index <= self.log.committed or self.log.term(index) != self.term:
            return False
        self.log.commit_to(index)
        return True

    def _broadcast(self) -> None:
        for peer in self.peers:
            if not self.progress[peer].paused:
                self._append_to(peer)

    def _append_to(self, peer: str) -> None:
        progress = self.progress[peer]
        before, entries = progress.next - 1, self.log.entries(progress.next)
        message = RaftMessage(
            ProgressKind.APPEND, self.name, peer, self.term, before, self.log.term(before), entries, self.log.committed
        )
        self.outbox.append(message)
        progress.sent(len(entries))

    def unreachable(self, peer: str) -> None:
        """A message to `peer` could not be delivered (stepLeader: MsgUnreachable)."""
        if self.leads and self.progress[peer].replicates:
            self.progress[peer].probe()

    def step(self, message: RaftMessage) -> None:
        """Take a message (Step). Raises Panic where the library does."""
        from_leader = message.kind in (ProgressKind.APPEND, ProgressKind.HEARTBEAT)
        if message.term > self.term:
            leased = self.leader and self.elapsed < ELECTION_TICKS
            if message.kind is ProgressKind.VOTE and leased:
                return
            self._follow(message.term, message.sender if from_leader else "")
        elif message.term < self.term:
            if from_leader:  # the term of the answer makes that leader step down
                self.outbox.append(RaftMessage(ProgressKind.APPEND_ANSWER, self.name, message.sender, self.term))
            return
        if message.kind is ProgressKind.VOTE:
            self._decide(message)
        elif from_leader and not self.leads:
            self._hear(message)
        elif message.kind is ProgressKind.VOTE_ANSWER and self.state is State.CANDIDATE:
            self.votes.setdefault(message.sender, not message.reject)
            self._count()
        elif message.kind in (ProgressKind.APPEND_ANSWER, ProgressKind.HEARTBEAT_ANSWER) and self.leads:
            self._learn(message)

    def _decide(self, message: RaftMessage) -> None:
        free = self.vote == message.sender or (not self.vote and not self.leader)
        granted = free and self.log.is_up_to_date(message.index, message.log_term)
        if granted:
            self.elapsed, self.vote = 0, message.sender
        self.outbox.append(
            RaftMessage(ProgressKind.VOTE_ANSWER, self.name, message.sender, self.term, reject=not granted)
        )

    def _hear(self, message: RaftMessage) -> None:
        if self.state is State.CANDIDATE:
            self._follow(message.term, message.sender)
        self.elapsed, self.leader = 0, message.sender
        if message.kind is ProgressKind.HEARTBEAT:
            self.log.commit_to(message.commit)
            answer = RaftMessage(ProgressKind.HEARTBEAT_ANSWER, self.name, message.sender, self.term)
        else:
            answer = self._take(message)
        self.outbox.append(answer)

    def _take(self, message: RaftMessage) -> RaftMessage:
        """A leader's entries, and the answer to them (handleAppendEntries)."""
        if message.index < self.log.committed:
            return RaftMessage(ProgressKind.APPEND_ANSWER, self.name, message.sender, self.term, self.log.committed)
        if self.log.try_append(message.index, message.log_term, message.entries, message.commit):
            last = message.index + len(message.entries)
            return RaftMessage(ProgressKind.APPEND_ANSWER, self.name, message.sender, self.term, last)
        hint = self.log.last_not_above(min(message.index, self.log.last_index), message.log_term)
        return RaftMessage(
            ProgressKind.APPEND_ANSWER,
            self.name,
            message.sender,
            self.term,
            message.index,
            self.log.term(hint),
            reject=True,
            hint=hint,
        )

    def _learn(self, message: RaftMessage) -> None:
        """What a follower answers to its leader (stepLeader)."""
        peer, progress = message.sender, self.progress[message.sender]
        progress.active = True
        if message.kind is ProgressKind.HEARTBEAT_ANSWER:
            progress.probe_sent = False
            if progress.match < self.log.last_index:
                self._append_to(peer)
        elif message.reject:
            self._go_back(peer, message)
        else:
            was_paused = progress.paused
            if progress.update(message.index):
                if not progress.replicates:
                    progress.replicate()
                if self._commit():
                    self._broadcast()
                elif was_paused:
                    self._append_to(peer)
                if self.log.entries(progress.next):
                    self._append_to(peer)

    def _go_back(self, peer: str, message: RaftMessage) -> None:
        progress = self.progress[peer]
        hint = self.log.last_not_above(message.hint, message.log_term) if message.log_term else message.hint
        if progress.decrease(message.index, hint):
            if progress.replicates:
                progress.probe()
            self._append_to(peer)
