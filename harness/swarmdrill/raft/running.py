"""What happens when managers are restored while the others run."""

from collections.abc import Collection, Mapping

from swarmdrill.base.messages import said
from swarmdrill.raft.model import Fate, Log, Prediction, StartOutcome, predict


def predict_running(
    logs: Mapping[str, Log], leader: str, restored: Collection[str], matched: Mapping[str, int]
) -> Prediction:
    """What restoring some managers leads to while all others run on.

    A leader remembers up to which entry each follower's log matches its own. A heartbeat says that everything up to
    there is committed. A follower that no longer has that entry panics (`raft.go` sendHeartbeat, handleHeartbeat;
    `log.go` commitTo), so its dockerd ends. The leader forgets nothing of it, so that happens again at each start, at
    the first heartbeat, a second later at most. A new leader begins with no match at all (`raft.go` reset): then the
    follower says what it lacks, and gets it. A follower that is sent a new entry before the first heartbeat can say so
    too (`tracker/progress.go` MaybeDecrTo). That is rare: one entry that was lost while it was down, and the leader
    sends none until a heartbeat is answered.
    A leader that is restored has left its office when it stopped; the others elect a new one, or wait until it is back
    and elect one then. Nobody remembers anything of it, and the rules of `predict` hold.
    Source: etcd raft 3.3 to 3.5, by the functions named.

    Args:
        logs: every manager's, the restored ones' as restored.
        leader: who led when they were stopped.
        restored: who was restored.
        matched: for each restored follower, the last entry that it had before; the leader has acknowledged that.
    Raises:
        ValueError: if a restored follower is not in `matched`, or the leader not in `logs`.
    """
    if leader not in logs:
        raise ValueError(f"{leader}, the leader, is none of {', '.join(logs)}")
    if leader in restored:
        after = predict(logs)
        why = said(
            "{leader} led. The others elect a new leader, which remembers nothing of it.\n{after}",
            leader=leader,
            after=after.why,
        )
        return Prediction(after.usual, after.possible, why)
    if unknown := sorted(set(restored) - set(matched)):
        raise ValueError(f"what {', '.join(unknown)} had before is not known")
    history = logs[leader].history
    told = {name: min(matched[name], logs[leader].commit) for name in restored}
    panicking = [name for name in restored if told[name] > logs[name].last_index]
    alike = StartOutcome(history, Fate.ALIKE)
    if not panicking:
        why = said("No restored manager lacks what {leader} counts on.", leader=leader)
        return Prediction(frozenset({alike}), frozenset({alike}), why)
    panic = StartOutcome(history, Fate.PANIC)
    panics = [
        said(
            "{manager}: panics at each start, at the first heartbeat of {leader}: tocommit({told}) is out of range "
            "[lastIndex({last})].",
            manager=name,
            leader=leader,
            told=told[name],
            last=logs[name].last_index,
        )
        for name in panicking
    ]
    if len(logs) - len(panicking) >= len(logs) // 2 + 1:
        why = said(
            "{panics:lines}\nThe others have a majority, so {leader} goes on leading and nothing ends that but a "
            "change of leader.",
            panics=panics,
            leader=leader,
        )
        return Prediction(frozenset({panic}), frozenset({panic, alike}), why)
    after = predict(logs)
    why = said(
        "{panics:lines}\nThe others have no majority, so {leader} steps down within 20 s. Then all elect a leader:\n"
        "{after}",
        panics=panics,
        leader=leader,
        after=after.why,
    )
    return Prediction(frozenset({panic}) | after.usual, frozenset({panic, alike}) | after.possible, why)
