"""Managers are lost: how many a swarm bears, what goes on without a quorum, and what brings it back."""

import pytest

from harness import membership, quorum, repair, services
from harness.cluster import Cluster
from harness.histories import BACKED_UP, begin
from harness.machine import Machine
from harness.objects import create_config, wait_everywhere
from harness.outcome import changes, expect, expecting, state_of
from harness.trace import phase

SERVICE = "everywhere"
SIZES = [pytest.param(size, marks=pytest.mark.shape(managers=size)) for size in (3, 5)]


def even(size: int) -> object:
    """A case of an even number of managers."""
    return pytest.param(size, marks=pytest.mark.shape(managers=size, even_managers=True), id=f"{size // 2} of {size}")


def serve_everywhere(cluster: Cluster) -> None:
    """A service with a task on every machine, and a config: what must outlive the loss."""
    with phase("a service with a task on every machine"):
        begin(cluster)
        services.run_everywhere(cluster, cluster.managers[0], SERVICE)


def divided(cluster: Cluster, lost: int) -> tuple[tuple[Machine, ...], tuple[Machine, ...]]:
    """Managers that stay, and `lost` that go, the leader among those."""
    gone = (cluster.leader(), *cluster.followers()[: lost - 1])
    return tuple(machine for machine in cluster.managers if machine not in gone), gone


@pytest.mark.scenario("A1", "A16", title="A swarm bears the loss of a minority", severity="critical")
@pytest.mark.parametrize("size", SIZES, ids=["1 of 3", "2 of 5"])
def test_loss_of_a_minority(cluster: Cluster, size: int) -> None:
    """The leader and all but a majority of the managers are killed: the rest elects a leader, manages, and goes on."""
    staying, gone = divided(cluster, (size - 1) // 2)
    serve_everywhere(cluster)
    quorum.kill_engines(cluster, gone)
    with expecting(("A1",), f"{len(gone)} of {size} lost: the others elect a leader and accept a change") as seen:
        seen.append(quorum.wait_managed(cluster, staying[0]).describe())
        create_config(cluster.engines[staying[0].name], "meanwhile", "made while a minority is away")
    with expecting(("A16",), "when they are back, every manager has what was done meanwhile") as seen:
        cluster.start_docker(gone)
        cluster.wait_ready()
        wait_everywhere(cluster, "config/meanwhile")
        seen.append("config/meanwhile is on every manager, which are all ready")


@pytest.mark.scenario("A1", title="An even number bears no more loss", severity="normal")
@pytest.mark.parametrize("size", [even(4), even(6)])
def test_even_number_bears_no_more(cluster: Cluster, size: int) -> None:
    """Four managers bear the loss of one, as three do, and six of two, as five do; half of them is too much."""
    staying, gone = divided(cluster, size // 2)
    survivor, minority = staying[0], gone[:-1]
    quorum.kill_engines(cluster, minority)
    with expecting(("A1",), f"{len(minority)} of {size} lost: the others elect a leader and accept a change") as seen:
        seen.append(quorum.wait_managed(cluster, survivor).describe())
        create_config(cluster.engines[survivor.name], "meanwhile", "made while a minority is away")
    marks = quorum.marks(cluster, staying)
    quorum.kill_engines(cluster, gone[-1:])
    with expecting(("A1",), f"{len(gone)} of {size} lost: nobody leads, and management is refused") as seen:
        seen.append(quorum.wait_leaderless(cluster, survivor).describe())
    with phase("two elections without a majority"):
        stood = quorum.wait_failed_elections(cluster, staying, marks)
    expect(("A1",), "the survivors do not get a leader by themselves", holds="won 0" in stood, observed=stood)


@pytest.mark.scenario("A1", "A2", "A16", "A17", "P3", "P5", title="Loss of the quorum", severity="critical")
@pytest.mark.parametrize("size", SIZES, ids=["2 of 3", "3 of 5"])
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
    marks = quorum.marks(cluster, staying)

    quorum.lose_for_good(cluster, gone)

    refusal = quorum.wait_leaderless(cluster, survivor)
    expect(
        ("A2",),
        "management calls are refused, and the survivor's task runs on",
        holds=quorum.still_running(survivor, SERVICE) == running != (),
        observed=f"{refusal.describe()}, after {refusal.seconds:.1f} s; the task's container runs on",
    )
    with phase("two elections without a majority"):
        stood = quorum.wait_failed_elections(cluster, staying, marks)
        refusal = quorum.wait_leaderless(cluster, survivor)
    expect(
        ("A1", "A16"),
        "the survivors do not get a leader by themselves",
        holds="won 0" in stood,
        observed=f"{stood}; {refusal.describe()}",
    )
    if len(staying) > 1:
        left = membership.leave(staying[-1])
        refusal = quorum.wait_leaderless(cluster, survivor)
        expect(
            ("P5",),
            "a manager that leaves by force does not bring the quorum back",
            holds=left.done,
            observed=f"{left.describe()}; then {refusal.describe()}",
        )

    with expecting(("A17", "P3"), "a new cluster forced on the survivor keeps services, tasks and data") as seen:
        repair.force_new_cluster(cluster, survivor)
        seen.append(
            services.wait_placed(cluster, survivor, SERVICE, "on the survivor", lambda found: survivor.name in found)
        )
    after = state_of(cluster.engines[survivor.name])
    expect(
        ("A17", "P3"),
        "same cluster id, services, configs and networks",
        holds=before == after,
        observed=changes(before, after),
    )
    nodes = membership.members(cluster, survivor)
    expect(
        ("A17",),
        "the survivor is the only manager; the others are listed, and down or unknown",
        holds={node.hostname for node in nodes if node.reachability} == {survivor.name}
        and all(node.state in ("down", "unknown") for node in nodes if node.hostname != survivor.name),
        observed=membership.describe_members(nodes),
    )
    with phase("the other machines join again as managers, and their old entries are removed"):
        others = [machine for machine in cluster.managers if machine is not survivor]
        cluster.start_docker(others)
        cluster.wait_engines(others)
        repair.rejoin(cluster, survivor, others)
    with expecting(("A17", "P3"), "the swarm is whole again and has its state") as seen:
        cluster.wait_ready()
        wait_everywhere(cluster, f"config/{BACKED_UP}")
