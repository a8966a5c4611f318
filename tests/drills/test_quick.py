"""The shortest drill there is: a cluster, asked once. What the lab tests interrupt, shape and misuse."""

from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster


@scenario(id="every-manager-names-a-leader", title="Every manager names a leader")
def test_every_manager_names_a_leader(cluster: Cluster) -> None:
    """All managers of a fresh cluster answer and agree."""
    assert cluster.leader() in cluster.managers


@scenario(id="restart-every-manager", title="Restart every manager", restarts=1)
def test_restart_every_manager(cluster: Cluster) -> None:
    """A step that takes its time: something to interrupt."""
    cluster.stop_docker()
    cluster.start_docker()
    assert cluster.leader() in cluster.managers
