"""Write load on a swarm: somebody makes one config after another while something else happens."""

from collections.abc import Iterator
from contextlib import contextmanager

from swarmdrill.base import trace
from swarmdrill.base.waiting import Answer, Done, NotYet
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine

PREFIX = "load"
STARTED_SECONDS = 30
_STOP = "/run/swarmdrill-load-stop"


def written(machine: Machine) -> frozenset[str]:
    """Ids of the load's configs that the manager shows. Raises CommandFailed where it has no leader."""
    listed = machine.run(f"docker config ls --quiet --filter name={PREFIX}", why="how much was written?")
    return frozenset(listed.stdout.split())


@contextmanager
def writing(cluster: Cluster, machine: Machine) -> Iterator[None]:
    """Inside, the machine makes configs as fast as the swarm takes them; it has made some when the block begins."""

    def some() -> Answer[None]:
        count = len(written(machine))
        return Done(None) if count >= 5 else NotYet(f"{count} configs so far")

    with trace.step(f"{machine.name} makes one config after another"):
        machine.run(
            f"rm -f {_STOP}; nohup sh -c 'n=0; while [ ! -e {_STOP} ]; do n=$((n + 1)); "
            f"echo $n | docker config create {PREFIX}$n - || sleep 0.1; done; rm {_STOP}' >/dev/null 2>&1 &",
            why="start the load",
        )
        cluster.wait("the load has begun", some, seconds=STARTED_SECONDS)
        try:
            yield
        finally:
            machine.run(f"touch {_STOP}; while [ -e {_STOP} ]; do sleep 0.05; done", why="end the load")
