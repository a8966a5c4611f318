"""What a swarm has handed out stays handed out through a restore: virtual addresses, subnets, VXLAN ids."""

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.observe.state import ClusterState, changes, state_of
from swarmdrill.observe.verdicts import expect
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.workload import services
from swarmdrill.workload.network import virtual_addresses
from swarmdrill.workload.objects import create_network, remove


@scenario(
    id="allocation-after-a-restore",
    title="Addresses and networks after a restore",
    claims=("swarmkit#2472", "swarmkit#2656"),
    restarts=2,
)
def test_allocation(cluster: Cluster, procedure: DocumentProcedure) -> None:
    """No address is handed out twice, also not to a service that is new after the restore, on an old or a new network.

    The services have no tasks: addresses are handed out to them all the same, and so this needs no IPVS.
    """
    client, first = cluster.client, cluster.managers[0]
    with phase("services on two networks and on the ingress network"):
        create_network(client, "mesh", "10.214.0.0/24")
        create_network(client, "store")
        for number, network in enumerate(("mesh", "store")):
            published(first, f"early-{network}", network, 8080 + number)
    kept, addresses = state_of(client), virtual_addresses(cluster)
    backup = procedure.backup(cluster)
    with phase("one service and its network go, and others come"):
        services.remove(first, "early-store")
        remove(client, "network", "store")
        create_network(client, "meanwhile")
        for number, network in enumerate(("mesh", "meanwhile")):
            published(first, f"gone-{network}", network, 8090 + number)

    procedure.restore(cluster, backup)

    after = state_of(client)
    expect(
        ("swarmkit#2656",),
        said("networks have another id, subnet or VXLAN id"),
        holds=networks(kept) != networks(after),
        observed=changes(kept, after),
    )
    with phase("services that are new after the restore, on every network and on a new one"):
        create_network(client, "later")
        for number, network in enumerate(("mesh", "store", "later")):
            published(first, f"late-{network}", network, 8100 + number)
    now, last = virtual_addresses(cluster), networks(state_of(client))
    expect(
        ("swarmkit#2472",),
        said("a virtual address is handed out twice, or a service has another one than before"),
        holds=not addresses.items() <= now.items() or len(set(now.values())) < len(now),
        observed=said(
            "{each:,}",
            each=[
                said("{service} {address}", service=name.split()[0], address=address)
                for name, address in sorted(now.items())
            ],
        ),
    )
    vxlan_ids = [what.rpartition(" vxlan ")[2] for what in last.values()]
    expect(
        ("swarmkit#2656",),
        said("a new network has a VXLAN id that an old one has"),
        holds=len(set(vxlan_ids)) < len(vxlan_ids),
        observed=said("VXLAN ids {vxlan_ids:,}", vxlan_ids=sorted(vxlan_ids)),
    )


def published(machine: Machine, name: str, network: str, port: int) -> None:
    """A service without tasks on a network, and on a port of the ingress mesh: two virtual addresses."""
    services.create(machine, name, f"--replicas 0 --network {network} --publish {port}:80")


def networks(state: ClusterState) -> dict[str, str]:
    """The overlay networks of a state, with their ids, subnets and VXLAN ids."""
    return {name: what for name, what in state.objects.items() if name.startswith("network/")}
