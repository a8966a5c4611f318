"""Managers are lost: how many a swarm bears, what goes on without a quorum, and what brings it back."""

import pytest

from swarmdrill.base.messages import in_turn, said
from swarmdrill.base.trace import phase
from swarmdrill.faults import engines
from swarmdrill.members import membership, quorum, repair
from swarmdrill.members.conditions import Elections
from swarmdrill.observe.held_states import BACKED_UP, NEWEST, make_newest_state, make_old_state
from swarmdrill.observe.state import changes, state_of
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import Shape, case, scenario
from swarmdrill.swarm import files
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.views import describe_members
from swarmdrill.workload import services
from swarmdrill.workload.objects import create_config, wait_everywhere, wait_nowhere

SERVICE = "everywhere"
ELSEWHERE = "/root/backup"
SIZES = [case(size, shape=Shape(managers=size)) for size in (3, 5)]
# That one more manager leaves (P5) takes two survivors.
LOSSES = [
    case(3, shape=Shape(managers=3), claims=("A1", "A2", "A16", "A17", "P3")),
    case(5, shape=Shape(managers=5)),
]


def even(size: int) -> object:
    """A case of an even number of managers."""
    return case(size, shape=Shape(managers=size, even_managers=True), id=f"{size // 2} of {size}")


def serve_everywhere(cluster: Cluster) -> None:
    """A service with a task on every machine, and a config: what must outlive the loss."""
    with phase("a service with a task on every machine"):
        make_old_state(cluster)
        services.run_everywhere(cluster, cluster.managers[0], SERVICE)


def divided(cluster: Cluster, lost: int) -> tuple[tuple[Machine, ...], tuple[Machine, ...]]:
    """Managers that stay, and `lost` that go, the leader among those."""
    gone = (cluster.leader(), *cluster.followers()[: lost - 1])
    return tuple(machine for machine in cluster.managers if machine not in gone), gone


def expect_no_leader(claims: tuple[str, ...], stood: Elections) -> None:
    """The verdict on the elections of those that are no majority: nobody won."""
    expect(
        claims,
        said("the survivors do not get a leader by themselves"),
        holds=stood.wins == 0,
        observed=stood.describe(),
    )


@scenario(
    id="loss-of-a-minority",
    title=said("A swarm bears the loss of a minority"),
    claims=("A1", "A16"),
    severity="critical",
)
@pytest.mark.parametrize("size", SIZES, ids=["1 of 3", "2 of 5"])
def test_loss_of_a_minority(cluster: Cluster, size: int) -> None:
    """The leader and all but a majority of the managers are killed: the rest elects a leader, manages, and goes on."""
    staying, gone = divided(cluster, (size - 1) // 2)
    serve_everywhere(cluster)
    engines.kill_engines(cluster, gone)
    with expecting(
        ("A1",),
        said("{number} of {size} lost: the others elect a leader and accept a change", number=len(gone), size=size),
    ) as seen:
        seen.append(quorum.wait_managed(cluster, staying[0]).describe())
        create_config(staying[0].engine, "meanwhile", "made while a minority is away")
    with expecting(("A16",), said("when they are back, every manager has what was done meanwhile")) as seen:
        cluster.start_docker(gone)
        cluster.wait_ready()
        wait_everywhere(cluster, "config/meanwhile")
        seen.append(said("config/meanwhile is on every manager, which are all ready"))


@scenario(id="even-number-bears-no-more", title=said("An even number bears no more loss"), claims=("A1",))
@pytest.mark.parametrize("size", [even(4), even(6)])
def test_even_number_bears_no_more(cluster: Cluster, size: int) -> None:
    """Four managers bear the loss of one, as three do, and six of two, as five do; half of them is too much."""
    staying, gone = divided(cluster, size // 2)
    survivor, minority = staying[0], gone[:-1]
    engines.kill_engines(cluster, minority)
    with expecting(
        ("A1",),
        said("{number} of {size} lost: the others elect a leader and accept a change", number=len(minority), size=size),
    ) as seen:
        seen.append(quorum.wait_managed(cluster, survivor).describe())
        create_config(survivor.engine, "meanwhile", "made while a minority is away")
    mark = cluster.mark(staying)
    engines.kill_engines(cluster, gone[-1:])
    with expecting(
        ("A1",), said("{number} of {size} lost: nobody leads, and management is refused", number=len(gone), size=size)
    ) as seen:
        seen.append(quorum.wait_leaderless(cluster, survivor).describe())
    with phase("two elections without a majority"):
        stood = quorum.wait_failed_elections(cluster, mark)
    expect_no_leader(("A1",), stood)


@scenario(
    id="loss-of-the-quorum",
    title=said("Loss of the quorum"),
    claims=("A1", "A2", "A16", "A17", "P3", "P5"),
    severity="critical",
)
@pytest.mark.parametrize("size", LOSSES, ids=["2 of 3", "3 of 5"])
def test_loss_of_the_quorum(cluster: Cluster, size: int) -> None:
    """A majority of the managers is lost for good, the leader among them: no backup, one survivor's state.

    Tasks go on and management is refused. Forcing a new cluster on a survivor brings management back with
    everything that the swarm held; the managers that were lost stay in its list until they are removed.
    """
    staying, gone = divided(cluster, size // 2 + 1)
    survivor = staying[0]
    serve_everywhere(cluster)
    before = state_of(cluster.client)
    running = quorum.still_running(survivor, SERVICE)
    mark = cluster.mark(staying)

    engines.lose_for_good(cluster, gone)

    with expecting(("A2",), said("management calls are refused")) as seen:
        refusal = quorum.wait_leaderless(cluster, survivor)
        seen.append(said("{refusal}, after {seconds:.1f} s", refusal=refusal.describe(), seconds=refusal.seconds))
    now = quorum.still_running(survivor, SERVICE)
    expect(
        ("A2",),
        said("the survivor's task runs on"),
        holds=now == running != (),
        observed=said(
            "containers of the task: before {before:,}, now {now:,}",
            before=services.short_ids(running),
            now=services.short_ids(now),
        ),
    )
    with phase("two elections without a majority"):
        stood = quorum.wait_failed_elections(cluster, mark)
    expect_no_leader(("A1", "A16"), stood)
    if len(staying) > 1:
        with expecting(("P5",), said("a manager that leaves by force does not bring the quorum back")) as seen:
            seen.append(membership.leave(staying[-1]).describe())
            seen.append(quorum.wait_leaderless(cluster, survivor).describe())

    with expecting(("A17", "P3"), said("a new cluster forced on the survivor keeps services, tasks and data")) as seen:
        repair.force_new_cluster(cluster, survivor)
        seen.append(
            services.wait_placed(
                cluster, survivor, SERVICE, said("on the survivor"), lambda found: survivor.name in found
            )
        )
    after = state_of(survivor.engine)
    expect(
        ("A17", "P3"),
        said("same cluster id, services, configs and networks"),
        holds=before == after,
        observed=changes(before, after),
    )
    nodes = membership.members(survivor)
    expect(
        ("A17",),
        said("the survivor is the only manager; the others are listed, and down or unknown"),
        holds={node.hostname for node in nodes if node.reachability} == {survivor.name}
        and all(node.state in ("down", "unknown") for node in nodes if node.hostname != survivor.name),
        observed=describe_members(nodes),
    )
    with phase("the other machines join again as managers, and their old entries are removed"):
        others = [machine for machine in cluster.managers if machine != survivor]
        cluster.start_docker(others)
        cluster.wait_engines(others)
        repair.rejoin(survivor, others)
    with expecting(("A17", "P3"), said("the swarm is whole again and has its state")) as seen:
        cluster.wait_ready()
        wait_everywhere(cluster, f"config/{BACKED_UP}")


@scenario(
    id="loss-of-the-quorum-with-a-backup",
    title=said("Loss of the quorum, and a backup"),
    claims=("D1",),
    severity="critical",
    restarts=1,
)
@pytest.mark.parametrize("size", SIZES, ids=["2 of 3", "3 of 5"])
def test_loss_of_the_quorum_with_a_backup(cluster: Cluster, procedure: Procedure, size: int) -> None:
    """A majority of the machines is lost with all that they had: each is made anew, and every manager is restored.

    The backup is kept elsewhere. The engines of the new machines know nothing but their images.
    """
    make_old_state(cluster)
    backup = procedure.backup(cluster)
    _, gone = divided(cluster, size // 2 + 1)
    with phase("the backup is kept elsewhere"):
        cluster.on_each(lambda machine: files.copy(machine, backup.directory, ELSEWHERE), gone)
    make_newest_state(cluster)

    engines.lose_for_good(cluster, gone)
    with phase("{gone:,} are made anew, and get their backups", gone=gone):
        cluster.on_each(Machine.wipe_engine, gone)
        cluster.wait_engines(gone)
        cluster.on_each(lambda machine: files.move(machine, ELSEWHERE, backup.directory), gone)
    procedure.restore(cluster, backup)
    with expecting(("D1",), said("the backup has all that it takes: every manager is ready and has its state")) as seen:
        cluster.wait_ready()
        wait_everywhere(cluster, f"config/{BACKED_UP}")
        wait_nowhere(cluster, f"config/{NEWEST}")
        seen.append(in_turn(view.describe() for view in cluster.views().values()))
