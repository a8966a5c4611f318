"""Does the network of a swarm carry: service VIPs, the ingress mesh, overlay traffic between machines."""

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.base.messages import Message, in_turn, said
from swarmdrill.base.waiting import Answer, Done, NotYet, once, reached
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.listing import details, rows
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineError, EngineSilent
from swarmdrill.workload import services

SERVED_SECONDS = 90
LEFT_OVER = "error creating vxlan interface: file exists"
CURL = "curl --silent --show-error --fail --output /dev/null --max-time 5"


@dataclass(frozen=True)
class Published:
    """A service with a task on every machine, on an overlay network of its own and on a port of the ingress mesh."""

    name: str
    network: str
    port: int

    def create(self, cluster: Cluster, subnet: str) -> None:
        """Create network and service by command; `subnet` is the network's, in CIDR notation."""
        first = cluster.managers[0]
        line = f"network create --driver overlay --subnet {subnet} {self.network}"
        first.engine.typed(line, why=said("create the network of {name}", name=self)).or_raise()
        services.create(first, self.name, everywhere=True, networks=[self.network], port=self.port)

    def wait_served(self, cluster: Cluster) -> Message:
        """Wait until every probe gets through, and return what was probed.

        On each machine: the published port of each machine (the ingress mesh), and from inside its task the
        service's name (the VIP) and each task by its own address (the overlay). Raises ConditionNotMet with
        the probes that fail after 90 s (scaled).
        """

        def every_probe_gets_through() -> Answer[Message]:
            results: dict[str, str] = {}
            for machine, found in cluster.on_each(lambda m: self._probe(m, cluster), cluster.machines).items():
                results |= {f"{machine} {probe}": error for probe, error in found.items()}
            failing = [said("{probe}: {error}", probe=probe, error=error) for probe, error in results.items() if error]
            wanted = len(cluster.machines) * (2 * len(cluster.machines) + 1)
            if failing:
                return NotYet(in_turn(failing[:3]))
            if len(results) < wanted:
                return NotYet(said("{number} of {wanted} probes could be made", number=len(results), wanted=wanted))
            return Done(said("{number} probes get through", number=len(results)))

        return cluster.wait(
            said("{name} is served through VIP, ingress and overlay", name=self),
            every_probe_gets_through,
            seconds=SERVED_SECONDS,
        )

    def _probe(self, machine: Machine, cluster: Cluster) -> Mapping[str, str]:
        """Error of each probe that can be made on `machine`, empty for one that got through."""
        mesh = " ".join(f"{other.address}:{self.port}" for other in cluster.machines)
        script = f'for url in {mesh}; do echo "ingress $url=$({CURL} http://$url 2>&1)"; done'
        lines = machine.run(script, why=said("probe the ingress mesh"), check=False).stdout.splitlines()
        own = ("--quiet", "--filter", f"label=com.docker.swarm.service.name={self.name}")
        try:
            tasks = (
                machine.engine.docker("ps", *own, why=said("find a task of {name} here", name=self)).or_raise().split()
            )
            if tasks:
                inside = f"exec {tasks[0]} sh -c {shlex.quote(self._probe_inside())}"
                lines += machine.engine.typed(inside, why=said("probe the overlay network")).stdout.splitlines()
        except EngineError:  # no task could be asked: its probes were not made
            pass
        return {probe: error for probe, _, error in (line.partition("=") for line in lines if "=" in line)}

    def _probe_inside(self) -> str:
        """What is typed into a shell inside of a task: a line for each probe, with its error after "="."""
        return "\n".join(
            (
                f'echo "VIP {self.name}=$({CURL} http://{self.name} 2>&1)"',
                f"for address in $(getent ahostsv4 tasks.{self.name} | sed -n 's/ *STREAM.*//p'); do",
                f'    echo "overlay $address=$({CURL} http://$address 2>&1)"; done',
            )
        )


def without_network(cluster: Cluster, published: Sequence[Published]) -> tuple[Machine, ...]:
    """Wait until all `published` are served; where they are not, the machines whose engines cannot make their networks.

    Raises ConditionNotMet, with the probes that fail after 90 s (scaled), where there is another reason (`rejecting`).
    """
    try:
        for service in published:
            service.wait_served(cluster)
    except ConditionNotMet:
        if not (found := rejecting(cluster, cluster.managers[0], [service.name for service in published])):
            raise
        return found
    return ()


def rejecting(cluster: Cluster, through: Machine, names: Sequence[str]) -> tuple[Machine, ...]:
    """The machines whose engines reject tasks of these services as they cannot make their networks: a manager's word.

    Such an engine rejects task after task, since a VXLAN interface of the same id is left in a namespace that it has
    lost (libnetwork#1765). Raises EngineError where the manager does not answer.
    """
    tasks = rows(through.engine, "service", "ps", "--no-trunc", *names, why=said("read why the tasks do not run"))
    rejected = {
        task["Node"] for task in tasks if task["CurrentState"].startswith("Rejected") and LEFT_OVER in task["Error"]
    }
    return tuple(machine for machine in cluster.machines if machine.name in rejected)


def virtual_addresses(cluster: Cluster) -> dict[tuple[str, str], str]:
    """Every virtual address that the swarm has handed out, such as `10.0.0.5/24`, by service and network id."""
    found = {}
    for service in details(cluster.client, "service", why=said("list the virtual addresses in use")):
        for vip in service["Endpoint"].get("VirtualIPs") or []:
            found[service["Spec"]["Name"], vip["NetworkID"]] = vip["Addr"]
    return found


JOINED_SECONDS = 30
# The sandbox in which an engine joins the ingress network (moby libnetwork; daemon/network.go). A manager lists the
# network also without it, since the swarm has it.
SANDBOX = "ingress-sbox"


def network_id(machine: Machine) -> str:
    """The id of the ingress network, as this machine's engine says; what it says where it has none."""
    return machine.engine.typed(
        "network inspect ingress --format '{{.Id}}'", why=said("read the id of the ingress network")
    ).text


def has_joined(machine: Machine, network: str) -> Answer[Message]:
    """The machine has the ingress network of that id, and its sandbox has joined it."""
    why = said("inspect the ingress network")
    try:
        reply = machine.engine.typed("network inspect ingress --format '{{json .}}'", why=why)
    except EngineSilent as problem:
        return NotYet(problem.message)
    if not reply.done:
        return NotYet(reply.describe())
    found = json.loads(reply.text)
    members = found.get("Containers") or {}
    answer = said(
        "{machine} has network {network}, {joined}, {number} endpoints",
        machine=machine,
        network=found["Id"][:12],
        joined=said("joined") if SANDBOX in members else said("not joined"),
        number=len(members),
    )
    there = found["Id"] == network and SANDBOX in members
    return once(answer, holds=there)


def joined(cluster: Cluster, machine: Machine, network: str) -> tuple[bool, Message]:
    """Whether a machine has joined the ingress network of that id within 30 s (scaled), and what its engine said."""
    what = said("{machine} has joined the ingress network", machine=machine)
    return reached(lambda: cluster.wait(what, partial(has_joined, machine, network), seconds=JOINED_SECONDS))
