"""Real IPVS: what carries a service's traffic is what it was after a restore."""

import pytest

from harness.cluster import Cluster
from harness.outcome import ClusterState, changes, expect, expecting, state_of
from harness.procedures.document import DocumentProcedure
from harness.provider.capabilities import SERVICE_VIPS
from harness.trace import phase
from harness.traffic import Published, virtual_addresses

WEB = Published("web", "mesh", 8080)
SHOP = Published("shop", "store", 8081)


@pytest.mark.scenario(
    "D1",
    "swarmkit#2472",
    "swarmkit#2656",
    title="Service network before and after",
    severity="critical",
    restarts=2,
    needs=(SERVICE_VIPS,),
)
def test_service_network(cluster: Cluster, procedure: DocumentProcedure) -> None:
    """VIPs, ingress ports and overlay traffic between machines work before the backup and after the restore.

    No virtual address is handed out twice, also not to a service that is new after the restore, and networks keep
    id, subnet and VXLAN id.
    """
    with phase("two services on every machine, each on a network and a port"):
        WEB.create(cluster, "10.214.0.0/24")
        SHOP.create(cluster, "10.214.1.0/24")
        require_served(cluster)
    kept, addresses = state_of(cluster.client), virtual_addresses(cluster)
    backup = procedure.backup(cluster)
    with phase("lose one of the services and its network"):
        cluster.managers[0].run("docker service rm web", why="lose a service")

    procedure.restore(cluster, backup)

    with expecting(("D1",), "VIP, ingress and overlay traffic get through on every machine") as seen:
        cluster.wait_ready()
        seen += [WEB.wait_served(cluster), SHOP.wait_served(cluster)]
    after = state_of(cluster.client)
    expect(
        ("swarmkit#2656",),
        "networks have another id, subnet or VXLAN id",
        holds=networks(kept) != networks(after),
        observed=changes(kept, after),
    )
    with phase("a service that is new after the restore"):
        late = Published("late", "mesh2", 8082)
        late.create(cluster, "10.214.2.0/24")
        late.wait_served(cluster)
    now = virtual_addresses(cluster)
    expect(
        ("swarmkit#2472",),
        "a virtual address is handed out twice, or a service has another one than before",
        holds=not addresses.items() <= now.items() or len(set(now.values())) < len(now),
        observed=", ".join(f"{name.split()[0]} {address}" for name, address in sorted(now.items())),
    )


def networks(state: ClusterState) -> dict[str, str]:
    """The overlay networks of a state, with their ids, subnets and VXLAN ids."""
    return {name: what for name, what in state.objects.items() if name.startswith("network/")}


def require_served(cluster: Cluster) -> None:
    """Both services are served now: otherwise nothing could be said of later."""
    WEB.wait_served(cluster)
    SHOP.wait_served(cluster)
