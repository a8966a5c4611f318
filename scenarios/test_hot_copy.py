"""The state directories are copied while the engines run and the swarm is written to."""

import pytest

from harness import state_directory, trace
from harness.cluster import Cluster
from harness.load import writing, written
from harness.outcome import expect, expecting
from harness.procedures.live import HotBackup

COPIES = 3


@pytest.mark.scenario("D4", "A11", title="Hot copies under write load", severity="critical", restarts=COPIES)
def test_hot_copies(cluster: Cluster) -> None:
    """Three hot copies of all managers, each restored: do they come back, how much of it, and is it seen what they are?

    Every copy has `0.tmp` beside its log, the segment that a running engine keeps ready. What was acknowledged before
    the copy began has to be in it; what was written meanwhile may be.
    """
    leader = cluster.leader()
    procedures = [HotBackup(f"/var/lib/docker/swarm-hot{number}") for number in range(COPIES)]
    backups, acknowledged = [], []
    with writing(cluster, leader):
        for procedure in procedures:
            acknowledged.append(written(leader))
            backups.append(procedure.backup(cluster))
    truth = written(leader)

    restored, short, hot = [], 0, 0
    for procedure, backup, before in zip(procedures, backups, acknowledged, strict=True):
        hot += all(
            cluster.on_each(lambda m, b=backup: state_directory.is_hot(m, b.directory), cluster.managers).values()
        )
        with expecting(
            ("A11",), "a hot copy of every manager comes back, with all that was there when it began"
        ) as seen:
            procedure.restore(cluster, backup)
            cluster.wait_ready()
            restored.append(written(cluster.leader()))
            seen.append(f"{restored[-1]} of {truth} configs; {before} were there when the copy began")
        short += restored[-1] < before
        trace.trial(
            "comes back" if restored[-1] >= before else "comes back without what was acknowledged",
            {"configs missing from what was there when it began": str(max(before - restored[-1], 0))},
        )
    expect(
        ("D4", "A11"),
        "every hot copy is recognised as hot, comes back, and lacks what came later",
        holds=hot == COPIES and short == 0 and all(count <= truth for count in restored),
        observed=f"{hot} of {COPIES} are recognisably hot; configs restored: {restored}, when the copy began: "
        f"{acknowledged}, at the end: {truth}",
    )
