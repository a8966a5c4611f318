"""Real IPVS: a service's traffic gets through after a restore as before."""

import pytest

from harness.cluster import Cluster
from harness.outcome import expecting
from harness.procedures.document import DocumentProcedure
from harness.provider.capabilities import SERVICE_VIPS
from harness.trace import phase
from harness.traffic import Published

WEB = Published("web", "mesh", 8080)
SHOP = Published("shop", "store", 8081)


@pytest.mark.scenario(
    "D1", title="Service network before and after", severity="critical", restarts=2, needs=(SERVICE_VIPS,)
)
def test_service_network(cluster: Cluster, procedure: DocumentProcedure) -> None:
    """VIPs, ingress ports and overlay traffic between machines work before the backup and after the restore.

    They do for a service that is new after the restore too. What is handed out to them is in `test_allocation`.
    """
    with phase("two services on every machine, each on a network and a port"):
        WEB.create(cluster, "10.214.0.0/24")
        SHOP.create(cluster, "10.214.1.0/24")
        require_served(cluster)
    backup = procedure.backup(cluster)
    with phase("lose one of the services and its network"):
        cluster.managers[0].run("docker service rm web", why="lose a service")

    procedure.restore(cluster, backup)

    with expecting(("D1",), "VIP, ingress and overlay traffic get through on every machine") as seen:
        cluster.wait_ready()
        seen += [WEB.wait_served(cluster), SHOP.wait_served(cluster)]
    late = Published("late", "mesh2", 8082)
    with phase("a service that is new after the restore"):
        late.create(cluster, "10.214.2.0/24")
    with expecting(("D1",), "its VIP, ingress and overlay traffic get through too") as seen:
        seen.append(late.wait_served(cluster))


def require_served(cluster: Cluster) -> None:
    """Both services are served now: otherwise nothing could be said of later."""
    WEB.wait_served(cluster)
    SHOP.wait_served(cluster)
