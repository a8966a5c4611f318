"""Managers at other addresses and ports than those that the swarm knows."""

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.faults import addresses, engines
from swarmdrill.members import membership, quorum
from swarmdrill.members.repair import ask_new_cluster
from swarmdrill.observe.held_states import BACKED_UP, make_old_state
from swarmdrill.observe.ports import MANAGEMENT_PORT, listening
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.formation import form
from swarmdrill.workload.objects import wait_everywhere

BEFORE, AFTER = 100, 150
OTHER_PORT = 2378


@scenario(
    id="all-managers-change-their-addresses",
    title=said("All managers change their addresses"),
    claims=("A3",),
    severity="critical",
    restarts=3,
)
def test_all_managers_change_their_addresses(cluster: Cluster) -> None:
    """Nobody gets a leader at the new addresses, and the old ones, given back, bring the swarm back."""
    first = cluster.managers[0]
    with addresses.others(cluster, cluster.managers, BEFORE) as there:
        with phase("form the swarm anew, at addresses that can be taken away"):
            for machine in reversed(cluster.managers):
                membership.leave(machine)
            form(there)
            make_old_state(there)
        with phase("stop all managers, and change all addresses"):
            cluster.stop_docker()
    with addresses.others(cluster, cluster.managers, AFTER):
        mark = cluster.mark([first])
        cluster.start_docker()
        with expecting(("A3",), said("no manager finds the others, so nobody leads")) as seen:
            stood = quorum.wait_failed_elections(cluster, mark)
            seen.append(stood.describe())
            seen += [quorum.wait_leaderless(cluster, machine).describe() for machine in cluster.managers]
        expect(("A3",), said("nobody was elected"), holds=stood.wins == 0, observed=stood.describe())
        cluster.stop_docker()
    with addresses.others(cluster, cluster.managers, BEFORE), phase("start all managers at the old addresses"):
        cluster.start_docker()
        with expecting((), said("the swarm is back")):
            cluster.wait_ready()
            wait_everywhere(cluster, f"config/{BACKED_UP}")


@scenario(
    id="force-with-another-port", title=said("A new cluster is forced with another port"), claims=("swarmkit#642",)
)
def test_force_with_another_port(cluster: Cluster) -> None:
    """The manager listens at the new port, and is listed at the old one."""
    survivor = cluster.leader()
    engines.kill_engines(cluster, cluster.followers())
    reply = ask_new_cluster(survivor, port=OTHER_PORT)
    quorum.wait_managed(cluster, survivor)
    listed = membership.listed_address(survivor)
    ports = sorted(listening(survivor) & {MANAGEMENT_PORT, OTHER_PORT})
    expect(
        ("swarmkit#642",),
        said("it listens at {other_port} and is listed at 2377", other_port=OTHER_PORT),
        holds=ports == [OTHER_PORT] and listed == f"{survivor.address}:{MANAGEMENT_PORT}",
        observed=said(
            "{reply}; it listens at {ports:,} and is listed at {listed}",
            reply=reply.describe(),
            ports=ports,
            listed=listed,
        ),
    )


@scenario(
    id="force-at-another-address",
    title=said("A new cluster is forced at another address"),
    claims=("for-linux#523",),
)
def test_force_at_another_address(cluster: Cluster) -> None:
    """A worker that joins at the new address is told the old one, and goes there from then on."""
    survivor, joining = cluster.leader(), cluster.followers()[0]
    engines.lose_for_good(cluster, cluster.followers())
    with addresses.others(cluster, [survivor], BEFORE) as there:
        moved = there.machine(survivor.name)
        reply = ask_new_cluster(survivor, address=moved.address)
        quorum.wait_managed(cluster, survivor)
        with phase("{joining} joins as a worker, through {address}", joining=joining, address=moved.address):
            cluster.start_docker([joining])
            cluster.wait_engines([joining])
            joined = membership.join_with(joining, membership.tokens(survivor).worker, moved)
        what = said("it is told {old}, although {new} was advertised", old=survivor.address, new=moved.address)
        with expecting(("for-linux#523",), what) as seen:
            seen += [reply.describe(), joined.describe()]
            seen.append(membership.wait_told(cluster, joining, f"{survivor.address}:{MANAGEMENT_PORT}"))
