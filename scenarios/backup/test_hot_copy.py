"""The state directories are copied while the engines run and the swarm is written to."""

from collections.abc import Set
from dataclasses import dataclass

from swarmdrill.backup.backup import Backup
from swarmdrill.base import trace
from swarmdrill.base.messages import Message, said
from swarmdrill.base.waiting import reached
from swarmdrill.observe import state_directory
from swarmdrill.observe.state import ClusterState, only_lost, state_of
from swarmdrill.observe.verdicts import expect
from swarmdrill.procedures.live import HotBackup
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.writes import PREFIX, writing, written

COPIES = 3
# What the load makes, as a state names it.
LOAD = f"config/{PREFIX}"


@dataclass(frozen=True)
class Restored:
    """What a hot copy came to: `missing` is what it lacks of what was acknowledged when it began.

    `differs` tells whether it has another state than the cold truth, `only_later` that it lacks nothing of that but
    what was written by the load. `answer` is why it did not come back, where it did not; the rest is empty then.
    """

    came_back: bool
    answer: Message
    missing: frozenset[str] = frozenset()
    differs: bool = False
    only_later: bool = True

    @property
    def sound(self) -> bool:
        """Whether it came back with all that was acknowledged, and differs from the truth in what came later only."""
        return self.came_back and not self.missing and self.only_later


@scenario(
    id="hot-copies",
    title=said("Hot copies under write load"),
    claims=("D4", "A11"),
    severity="critical",
    restarts=COPIES,
)
def test_hot_copies(cluster: Cluster) -> None:
    """Three hot copies of all managers, each restored: how many come back, differ, and are recognisably hot?

    Every copy has `0.tmp` beside its log, the segment that a running engine keeps ready. What was acknowledged before
    the copy began has to be in it; what was written meanwhile may be. The cold truth is what the swarm holds when the
    load has ended: what a copy of engines that were stopped then would have.
    """
    leader = cluster.leader()
    procedures = [HotBackup(f"/var/lib/docker/swarm-hot{number}") for number in range(COPIES)]
    backups, acknowledged = [], []
    with writing(cluster, leader):
        for procedure in procedures:
            acknowledged.append(written(leader))
            backups.append(procedure.backup(cluster))
    truth = state_of(leader.engine)

    hot = sum(is_hot(cluster, backup) for backup in backups)
    restored = [
        bring_back(cluster, procedure, backup, before, truth)
        for procedure, backup, before in zip(procedures, backups, acknowledged, strict=True)
    ]
    back = sum(each.came_back for each in restored)
    short = sum(bool(each.missing) for each in restored)
    differ = sum(each.differs for each in restored)
    counts = said(
        "of {copies} hot copies {back} come back, {differ} of these differ from the cold truth, {short} lack what was "
        "acknowledged, {hot} are recognisably hot; {each:;}",
        copies=COPIES,
        back=back,
        differ=differ,
        short=short,
        hot=hot,
        each=[each.answer for each in restored],
    )
    trace.trial(
        said("all come back") if back == COPIES else said("some do not"),
        {said("differ from the cold truth"): differ, said("lack what was acknowledged"): short},
    )
    expect(
        ("D4", "A11"),
        said(
            "every hot copy comes back, with all that was there when it began; some differ from the cold truth, "
            "and only by lacking what came later"
        ),
        holds=all(each.sound for each in restored) and differ > 0,
        observed=counts,
    )
    expect((), said("every hot copy is recognised as hot"), holds=hot == COPIES, observed=counts)


def is_hot(cluster: Cluster, backup: Backup) -> bool:
    """Whether the copy of every manager is recognisably hot."""
    found = cluster.on_each(lambda machine: state_directory.is_hot(machine, backup.directory), cluster.managers)
    return all(found.values())


def bring_back(
    cluster: Cluster, procedure: HotBackup, backup: Backup, acknowledged: Set[str], truth: ClusterState
) -> Restored:
    """Restore one hot copy on every manager. One without a leader, or with members that are not ready, is a result."""

    def restore() -> Message:
        procedure.restore(cluster, backup)
        cluster.wait_ready()
        return said("comes back")

    came_back, answer = reached(restore)
    if not came_back:
        return Restored(False, answer)
    now = state_of(cluster.client)
    missing = frozenset(acknowledged - set(now.objects.values()))
    answer = said(
        "{now} of {then} configs, {number} were there when the copy began",
        now=len(now.beginning(LOAD)),
        then=len(truth.beginning(LOAD)),
        number=len(acknowledged),
    )
    return Restored(True, answer, missing, differs=now != truth, only_later=only_lost(truth, now, LOAD))
