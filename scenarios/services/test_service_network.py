"""Real IPVS: a service's traffic gets through after a restore as before."""

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.faults.power import reboot
from swarmdrill.machines.capabilities import SERVICE_VIPS, SNAPSHOTS
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload import services
from swarmdrill.workload.network import Published, without_network
from swarmdrill.workload.services import wait_none_unwanted

WEB = Published("web", "mesh", 8080)
SHOP = Published("shop", "store", 8081)


@scenario(
    id="service-network",
    title=said("Service network before and after"),
    claims=("D1", "libnetwork#1765"),
    needs=(SERVICE_VIPS, SNAPSHOTS),
    severity="critical",
    restarts=2,
)
def test_service_network(cluster: Cluster, procedure: Procedure) -> None:
    """VIPs, ingress ports and overlay traffic between machines work before the backup and after the restore.

    They do for a service that is new after the restore too. What is handed out to them is in `test_allocation`. A
    machine whose engine comes back from a restart without its networks (libnetwork#1765) is rebooted before.
    """
    with phase("two services on every machine, each on a network and a port"):
        WEB.create(cluster, "10.214.0.0/24")
        SHOP.create(cluster, "10.214.1.0/24")
        require_served(cluster)
    backup = procedure.backup(cluster)
    bring_back_networks(cluster)
    with phase("lose one of the services"):
        services.remove(cluster.managers[0], "web")
        # Docker that is stopped while it removes a container leaves its network behind.
        wait_none_unwanted(cluster, cluster.managers[0])

    procedure.restore(cluster, backup)
    cluster.wait_ready()
    bring_back_networks(cluster)

    with expecting(("D1",), said("VIP, ingress and overlay traffic get through on every machine")) as seen:
        seen += [WEB.wait_served(cluster), SHOP.wait_served(cluster)]
    late = Published("late", "mesh2", 8082)
    with phase("a service that is new after the restore"):
        late.create(cluster, "10.214.2.0/24")
    with expecting(("D1",), said("its VIP, ingress and overlay traffic get through too")) as seen:
        seen.append(late.wait_served(cluster))


def bring_back_networks(cluster: Cluster) -> None:
    """Look whether every engine came back from its restart with its networks, and reboot the machines where not."""
    stuck = without_network(cluster, (WEB, SHOP))
    expect(
        ("libnetwork#1765",),
        said("an engine that was restarted cannot make its networks, since the interface is there already"),
        holds=bool(stuck),
        observed=said("tasks are rejected on {stuck:,}", stuck=stuck) if stuck else said("both services are served"),
    )
    if stuck:
        with phase("reboot {stuck:,}", stuck=stuck):
            reboot(cluster, stuck)
            cluster.wait_ready()


def require_served(cluster: Cluster) -> None:
    """Both services are served now: otherwise nothing could be said of later."""
    WEB.wait_served(cluster)
    SHOP.wait_served(cluster)
