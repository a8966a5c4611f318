"""Give a cluster back as it was after boot: a fresh, empty swarm on the same machines."""

from harness import trace
from harness.cluster import SWARM_DIR, Cluster, form
from harness.machine import Machine

# Leaving is how a swarm is meant to end, and cleans up networks and tasks; a machine whose engine is stopped
# or dead cannot leave, so the directory goes in any case. The engine must be down while it goes.
_EMPTY = f"""
if docker swarm leave --force >/dev/null 2>&1; then left=yes; else left=no; fi
if [ $left = no ]; then
    service docker stop >/dev/null 2>&1 || true
    pkill -KILL -x dockerd || true
    rm -rf {SWARM_DIR}
    service docker start
fi
rm -rf {SWARM_DIR}-* /var/lib/docker/swarm.*
echo left=$left
"""
_REMOVE_LEFTOVERS = """
ids=$(docker ps --all --quiet) && [ -z "$ids" ] || docker rm --force --volumes $ids
docker network prune --force
docker volume prune --force
"""


def reset(cluster: Cluster) -> None:
    """End the swarm on every machine, remove what scenarios leave (backups, containers), and form a new swarm.

    Raises LabBroken when a machine cannot be brought back.
    """
    with trace.phase("reset to an empty swarm"):
        cluster.on_each(lambda machine: machine.run(_EMPTY, why="end the swarm"), cluster.machines)
        cluster.wait_engines(cluster.machines)
        cluster.on_each(_remove_leftovers, cluster.machines)
        form(cluster)


def _remove_leftovers(machine: Machine) -> None:
    machine.run(_REMOVE_LEFTOVERS, why="remove containers, networks and volumes of earlier drills")
