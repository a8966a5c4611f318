"""What a swarm has handed out stays handed out through a restore: virtual addresses, subnets, VXLAN ids."""

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.observe.state import changes, state_of
from swarmdrill.observe.verdicts import expect
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.workload import services
from swarmdrill.workload.network import virtual_addresses
from swarmdrill.workload.objects import create_network, remove

# As a state names them, with their ids, subnets and VXLAN ids.
NETWORKS = "network/"


@scenario(
    id="allocation-after-a-restore",
    title=said("Addresses and networks after a restore"),
    claims=("swarmkit#2472", "swarmkit#2656"),
    restarts=2,
)
def test_allocation(cluster: Cluster, procedure: Procedure) -> None:
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
        holds=kept.beginning(NETWORKS) != after.beginning(NETWORKS),
        observed=changes(kept, after),
    )
    with phase("services that are new after the restore, on every network and on a new one"):
        create_network(client, "later")
        for number, network in enumerate(("mesh", "store", "later")):
            published(first, f"late-{network}", network, 8100 + number)
    now, vxlan_ids = virtual_addresses(cluster), state_of(client).vxlan_ids()
    expect(
        ("swarmkit#2472",),
        said("a virtual address is handed out twice, or a service has another one than before"),
        holds=not addresses.items() <= now.items() or len(set(now.values())) < len(now),
        observed=said(
            "{each:,}",
            each=[
                said("{service} {address}", service=service, address=address)
                for (service, _), address in sorted(now.items())
            ],
        ),
    )
    expect(
        ("swarmkit#2656",),
        said("a new network has a VXLAN id that an old one has"),
        holds=len(set(vxlan_ids)) < len(vxlan_ids),
        observed=said("VXLAN ids {vxlan_ids:,}", vxlan_ids=vxlan_ids),
    )


def published(machine: Machine, name: str, network: str, port: int) -> None:
    """A service without tasks on a network, and on a port of the ingress mesh: two virtual addresses."""
    services.create(machine, name, replicas=0, networks=[network], port=port)
