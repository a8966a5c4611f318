"""Does the network of a swarm carry: service VIPs, the ingress mesh, overlay traffic between machines."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.base.waiting import Answer, Done, NotYet, reached
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.listing import rows
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import docker

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
        cluster.managers[0].run(
            f"docker network create --driver overlay --subnet {subnet} {self.network} && "
            f"docker service create --detach --no-resolve-image --name {self.name} --mode global "
            f"--network {self.network} --publish {self.port}:80 nginx",
            why=f"create service {self.name} on every machine",
        )

    def wait_served(self, cluster: Cluster) -> str:
        """Wait until every probe gets through, and return what was probed.

        On each machine: the published port of each machine (the ingress mesh), and from inside its task the
        service's name (the VIP) and each task by its own address (the overlay). Raises ConditionNotMet with
        the probes that fail after 90 s (scaled).
        """

        def condition() -> Answer[str]:
            results: dict[str, str] = {}
            for machine, found in cluster.on_each(lambda m: self._probe(m, cluster), cluster.machines).items():
                results |= {f"{machine} {probe}": error for probe, error in found.items()}
            failing = [f"{probe}: {error}" for probe, error in results.items() if error]
            wanted = len(cluster.machines) * (2 * len(cluster.machines) + 1)
            if failing:
                return NotYet("; ".join(failing[:3]))
            if len(results) < wanted:
                return NotYet(f"{len(results)} of {wanted} probes could be made")
            return Done(f"{len(results)} probes get through")

        return cluster.wait(
            f"{self.name} is served through VIP, ingress and overlay",
            condition,
            seconds=SERVED_SECONDS,
        )

    def _probe(self, machine: Machine, cluster: Cluster) -> Mapping[str, str]:
        """Error of each probe that can be made on `machine`, empty for one that got through."""
        mesh = [f"{other.address}:{self.port}" for other in cluster.machines]
        script = "\n".join(
            (
                f"for url in {' '.join(mesh)}; do",
                f'    echo "ingress $url=$({CURL} http://$url 2>&1)"; done',
                f"task=$(docker ps --quiet --filter label=com.docker.swarm.service.name={self.name} | head -n 1)",
                'test -n "$task" || exit 0',
                f'echo "VIP {self.name}=$(docker exec $task {CURL} http://{self.name} 2>&1)"',
                f"tasks=$(docker exec $task getent ahostsv4 tasks.{self.name} | sed -n 's/ *STREAM.*//p')",
                "for address in $tasks; do",
                f'    echo "overlay $address=$(docker exec $task {CURL} http://$address 2>&1)"; done',
            )
        )
        lines = machine.run(script, why="does the network carry?", check=False).stdout.splitlines()
        return {probe: error for probe, _, error in (line.partition("=") for line in lines if "=" in line)}


def without_network(cluster: Cluster, services: Sequence[Published]) -> tuple[Machine, ...]:
    """Wait until all `services` are served; where they are not, the machines whose engines cannot make their networks.

    Raises ConditionNotMet as `wait_served` does where that is not the reason (`rejecting`).
    """
    try:
        for service in services:
            service.wait_served(cluster)
    except ConditionNotMet:
        if not (found := rejecting(cluster, cluster.managers[0], [service.name for service in services])):
            raise
        return found
    return ()


def rejecting(cluster: Cluster, through: Machine, services: Sequence[str]) -> tuple[Machine, ...]:
    """The machines whose engines reject tasks of `services` as they cannot make their networks, as a manager says.

    Such an engine rejects task after task, since a VXLAN interface of the same id is left in a namespace that it has
    lost (libnetwork#1765). Raises EngineError where the manager does not answer.
    """
    tasks = rows(through.engine, "service", "ps", "--no-trunc", *services, why="why do they not run?")
    names = {
        task["Node"] for task in tasks if task["CurrentState"].startswith("Rejected") and LEFT_OVER in task["Error"]
    }
    return tuple(machine for machine in cluster.machines if machine.name in names)


def virtual_addresses(cluster: Cluster) -> dict[str, str]:
    """Every virtual address that the swarm has handed out, by service and network id: `10.0.0.5/24`."""
    said = cluster.managers[0].run(
        "docker service ls --quiet | xargs -r docker service inspect --format "
        '\'{"name": {{json .Spec.Name}}, "vips": {{json .Endpoint.VirtualIPs}}}\'',
        why="which virtual addresses are in use?",
    )
    found = {}
    for line in said.stdout.splitlines():
        service = json.loads(line)
        for vip in service["vips"] or []:
            found[f"{service['name']} {vip['NetworkID']}"] = vip["Addr"]
    return found


JOINED_SECONDS = 30
# The sandbox in which an engine joins the ingress network (moby libnetwork; daemon/network.go). A manager lists the
# network also without it, since the swarm has it.
SANDBOX = "ingress-sbox"


def network_id(machine: Machine) -> str:
    """The id of the ingress network, as this machine's engine says; what it says where it has none."""
    return docker(machine, "network inspect ingress --format '{{.Id}}'", why="which ingress network?").text


def joined(cluster: Cluster, machine: Machine, network: str) -> tuple[bool, str]:
    """Whether a machine has joined the ingress network of that id within 30 s (scaled), and what its engine said."""

    def condition() -> Answer[str]:
        reply = docker(machine, "network inspect ingress --format '{{json .}}'", why="has it the ingress network?")
        if not reply.done:
            return NotYet(reply.describe())
        found = json.loads(reply.text)
        members = found.get("Containers") or {}
        said = (
            f"{machine.name} has network {found['Id'][:12]}, {'joined' if SANDBOX in members else 'not joined'}, "
            f"{len(members)} endpoints"
        )
        there = found["Id"] == network and SANDBOX in members
        return Done(said) if there else NotYet(said)

    what = f"{machine.name} has joined the ingress network"
    return reached(lambda: cluster.wait(what, condition, seconds=JOINED_SECONDS))
