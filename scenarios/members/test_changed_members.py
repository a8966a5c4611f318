"""Who belongs to the swarm changed after the backup: managers added, demoted, removed; and a worker all the while."""

import pytest

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.members import membership, quorum
from swarmdrill.observe.held_states import BACKED_UP, make_newest_state, make_old_state
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import Shape, scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.views import describe_members
from swarmdrill.workload import services
from swarmdrill.workload.objects import wait_everywhere

SERVICE = "everywhere"
REACHABLE, READY = "ready reachable", "ready"


@scenario(
    id="manager-added-after-the-backup",
    title=said("A manager was added after the backup"),
    claims=("R4", "R6"),
    shape=Shape(managers=3, workers=2),
    severity="critical",
    restarts=2,
)
def test_manager_added_after_the_backup(cluster: Cluster, procedure: Procedure) -> None:
    """All managers that have a backup are restored. The one that joined since has none, and is not touched.

    The restored managers do not know it: they count neither its log, which is the newest, nor its vote. It takes itself
    for one manager of four, has no leader, and its task runs on. It has to leave and join again.
    """
    worker, added = cluster.workers
    first = cluster.managers[0]
    known = {machine.name: REACHABLE for machine in cluster.managers} | {worker.name: READY}
    with phase("{added} is in no swarm yet", added=added):
        membership.leave(added)
        membership.wait_lost(cluster, first, added)
        membership.remove(added.name, through=first)
    make_old_state(cluster)
    services.create(first, SERVICE, everywhere=True)
    services.wait_placed(cluster, first, SERVICE, said("on every member"), lambda found: set(found) == set(known))
    kept = quorum.still_running(worker, SERVICE)
    backup = procedure.backup(cluster)
    with phase("{added} joins as a manager", added=added):
        membership.join_with(added, membership.tokens(first).manager, first)
        membership.wait_members(cluster, first, said("four managers"), known | {added.name: REACHABLE})
        services.wait_everywhere(cluster, first, SERVICE)
    make_newest_state(cluster)
    running, mark = quorum.still_running(added, SERVICE), cluster.mark([added])

    procedure.restore(cluster, backup)

    with expecting(("R4",), said("the others have the old state and do not list {added}", added=added)) as seen:
        found = membership.wait_members(cluster, first, said("the members of the backup's time"), known)
        wait_everywhere(cluster, f"config/{BACKED_UP}")
        seen.append(describe_members(found))
    expect_worker_goes_on(cluster, kept)
    with phase("{added} stands for election twice", added=added):
        stood = quorum.wait_failed_elections(cluster, mark)
        refusal = quorum.wait_leaderless(cluster, added)
    left = services.unwanted(cluster, first)
    expect(
        ("R4",),
        said("{added} has no leader, and its task runs on, which no restored manager knows", added=added),
        holds=stood.wins == 0 and tuple(one.container for one in left) == running != (),
        observed=said(
            "{stood}; {refusal}; running for no task: {containers:,}",
            stood=stood.describe(),
            refusal=refusal.describe(),
            containers=[said("{service} on {machine}", service=one.service, machine=one.machine) for one in left]
            or said("nothing"),
        ),
    )
    with expecting(("R4",), said("it leaves and joins again, and is a manager like the others")) as seen:
        membership.leave(added)
        seen.append(membership.join_with(added, membership.tokens(first).manager, first).describe())
        cluster.wait_ready()
        seen.append(services.wait_everywhere(cluster, first, SERVICE))


@scenario(
    id="manager-gone-after-the-backup",
    title=said("A manager went after the backup"),
    claims=("R5", "R6"),
    shape=Shape(managers=3, workers=1),
    severity="critical",
    restarts=2,
)
@pytest.mark.parametrize("change", ["demoted", "removed"])
def test_manager_gone_after_the_backup(cluster: Cluster, procedure: Procedure, change: str) -> None:
    """All managers that have a backup are restored, also one that is a manager no more, or no member at all.

    It has its old certificate, key and log again, and the others its membership: it is a manager as if nothing had
    happened.
    """
    worker, member = cluster.workers[0], cluster.followers()[-1]
    through = cluster.leader()
    make_old_state(cluster)
    services.run_everywhere(cluster, through, SERVICE)
    kept = quorum.still_running(worker, SERVICE)
    backup = procedure.backup(cluster)
    with phase("{member} is {change}", member=member, change=change):
        membership.demote(member, through=through)
        membership.wait_worker(cluster, through, member)
        if change == "removed":
            membership.leave(member)
            membership.remove(member.name, through=through, force=True)

    procedure.restore(cluster, backup)

    with expecting(("R5",), said("{member} is a manager again, and every node is ready", member=member)) as seen:
        cluster.wait_ready()
        wait_everywhere(cluster, f"config/{BACKED_UP}")
        seen.append(describe_members(membership.members(through)))
    with expecting(("R5",), said("{member} runs its task again", member=member)) as seen:
        seen.append(services.wait_everywhere(cluster, through, SERVICE))
    expect_worker_goes_on(cluster, kept)


def expect_worker_goes_on(cluster: Cluster, kept: tuple[str, ...]) -> None:
    """The verdict on R6: the first worker is ready, and runs the containers `kept` of before the backup."""
    worker, first = cluster.workers[0], cluster.managers[0]
    node = next(node for node in membership.members(first) if node.hostname == worker.name)
    running = quorum.still_running(worker, SERVICE)
    expect(
        ("R6",),
        said("{worker} is ready, and its task runs in the container of before the backup", worker=worker),
        holds=node.state == READY and running == kept != (),
        observed=said(
            "{member}; container {container:,}, was {before:,}",
            member=node.describe(),
            container=services.short_ids(running) or said("none"),
            before=services.short_ids(kept),
        ),
    )
