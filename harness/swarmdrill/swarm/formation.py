"""Form a swarm on the machines of a lab."""

from collections.abc import Mapping, Sequence
from functools import partial

from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.engine import Whales
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.views import view_of


def form(cluster: Cluster) -> None:
    """Make one swarm of the machines: the first manager initialises it, the others join in order.

    Joins are sequential: a swarm of n managers needs a majority for each change of membership, and two
    joins at once can cost it. Does nothing when they already form one.
    """
    cluster.wait_engines(cluster.machines)
    first = cluster.managers[0]
    view = view_of(first.engine, why=said("see whether there is a swarm already"))
    if view.error or {node.hostname for node in view.nodes} != {m.name for m in cluster.machines}:
        with trace.step("form the swarm"):
            engine = first.engine
            engine.ask(lambda client: client.swarm.init(advertise_address=first.address), why=said("make the swarm"))
            join("manager", cluster.managers[1:], through=first)
            join("worker", cluster.workers, through=first)
    cluster.wait_ready()


def join_token(through: Machine, role: str, *, rotate: bool = False) -> str:
    """The token with which a machine joins as `role`: manager or worker; with `rotate`, a new one.

    It is a secret. Raises EngineRefused where the manager has no leader.
    """
    why = said("rotate the token of a {role}", role=role) if rotate else said("read the token of a {role}", role=role)
    return through.engine.ask(lambda client: str(client.swarm.join_token(role, rotate=rotate)), why=why)


def join(role: str, machines: Sequence[Machine], *, through: Machine) -> None:
    """Let `machines` join the swarm of the manager `through`, one after another, as `role`: manager or worker."""
    if not machines:
        return
    token = join_token(through, role)
    for machine in machines:
        arguments = {"advertise_address": machine.address, "token": token}
        machine.engine.ask(
            partial(_join_swarm, f"{through.address}:2377", arguments), why=said("join as {role}", role=role)
        )


def _join_swarm(manager: str, arguments: Mapping[str, str], client: Whales) -> None:
    client.swarm.join(manager, **arguments)


def keep_snapshots(through: Machine, *, interval: int, older: int) -> None:
    """Let every manager take a snapshot of its log each `interval` entries, and keep `older` beside the newest one.

    Raises EngineRefused.
    """
    line = f"swarm update --snapshot-interval {interval} --max-snapshots {older}"
    through.engine.typed(line, why=said("snapshot the log every {number} entries", number=interval)).or_raise()
