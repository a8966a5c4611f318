"""The ingress network as one machine has it: known to its engine, and joined by it."""

import json

from harness.cluster import Cluster
from harness.machine import Machine
from harness.management import docker
from harness.poll import Answer, Done, NotYet, reached, wait_until

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

    timeout = cluster.clock.seconds(JOINED_SECONDS)
    return reached(lambda: wait_until(f"{machine.name} has joined the ingress network", condition, timeout=timeout))
