"""More addresses for the machines, which can be taken away again: what moving to other addresses comes to."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Address

from swarmdrill.base import trace
from swarmdrill.base.messages import said
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine


@contextmanager
def others(cluster: Cluster, machines: Sequence[Machine], offset: int) -> Iterator[Cluster]:
    """Inside, each of `machines` has one more address, its own plus `offset`; the cluster is seen at those.

    The lab's network has 256 addresses, and its machines the first ones. Raises CommandFailed where an address cannot
    be had.
    """
    addresses = {machine.name: str(IPv4Address(machine.address) + offset) for machine in machines}

    def add(machine: Machine) -> None:
        machine.run(
            f"set -- $(ip -4 -oneline address show to {machine.address}) && "
            f'ip address add {addresses[machine.name]}/24 dev "$2"',
            why=said("one more address"),
        )

    def drop(machine: Machine) -> None:
        machine.run(
            f"set -- $(ip -4 -oneline address show to {addresses[machine.name]}); "
            f'[ -z "$2" ] || ip address delete {addresses[machine.name]}/24 dev "$2"',
            why=said("the address goes, if it is there"),
        )

    try:
        with trace.step(
            "addresses: {addresses:,}", addresses=[f"{name} {address}" for name, address in addresses.items()]
        ):
            cluster.on_each(add, machines)
        yield cluster.at(addresses)
    finally:
        with trace.step("take {addresses:,} away", addresses=addresses.values()):
            cluster.on_each(drop, machines)
