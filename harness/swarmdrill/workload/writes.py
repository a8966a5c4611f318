"""Write load on a swarm: somebody makes one config after another while something else happens."""

from collections.abc import Iterator
from contextlib import contextmanager

from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.base.waiting import Answer, Done, NotYet
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine

PREFIX = "load"
STARTED_SECONDS = 30
_STOP = "/run/swarmdrill-load-stop"


def written(machine: Machine) -> frozenset[str]:
    """Ids of the load's configs that the manager shows. Raises EngineRefused where it has no leader."""
    own = ("--quiet", "--filter", f"name={PREFIX}")
    return frozenset(machine.engine.docker("config", "ls", *own, why=said("count what was written")).or_raise().split())


def write(machine: Machine, count: int) -> None:
    """Make so many configs, one after another. Raises EngineRefused where the manager has no leader."""
    with trace.step("{machine} makes {count} configs", machine=machine, count=count):
        for number in range(1, count + 1):
            machine.engine.typed(f"config create {PREFIX}{number} -", stdin=str(number)).or_raise()


@contextmanager
def writing(cluster: Cluster, machine: Machine) -> Iterator[None]:
    """Inside, the machine makes configs as fast as the swarm takes them; it has made some when the block begins."""

    def some() -> Answer[None]:
        count = len(written(machine))
        return Done(None) if count >= 5 else NotYet(said("{count} configs so far", count=count))

    with trace.step("{machine} makes one config after another", machine=machine):
        machine.engine.type_until(_STOP, f"config create {PREFIX}$n -", why=said("start the load"))
        cluster.wait(said("the load has begun"), some, seconds=STARTED_SECONDS)
        try:
            yield
        finally:
            machine.run(f"touch {_STOP}; while [ -e {_STOP} ]; do sleep 0.05; done", why=said("end the load"))
