"""What a drill did to the cluster: its state before and after, what was lost, and the verdict on a claim."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from swarmdrill.base.messages import Message, in_turn, said
from swarmdrill.base.waiting import Answer, Done, NotYet
from swarmdrill.swarm import listing
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.replies import EngineError, short

SETTLED_SECONDS = 30
SWARM_NETWORKS = ("--filter", "driver=overlay", "--filter", "scope=swarm")
VXLAN = "com.docker.network.driver.overlay.vxlanid_list"


@dataclass(frozen=True)
class ClusterState:
    """What a manager holds: each object as `kind/name` with the identity and content that a restore must keep."""

    cluster_id: str
    objects: Mapping[str, str]

    def beginning(self, start: str) -> Mapping[str, str]:
        """The objects whose `kind/name` begins like that, such as `network/`."""
        return {name: what for name, what in self.objects.items() if name.startswith(start)}

    def has_label(self, key: str, value: str) -> bool:
        """Whether a node has that label."""
        return any(f"{key}={value}" in re.split(r"[\[\],]", what) for what in self.beginning("node/").values())

    def vxlan_ids(self) -> tuple[str, ...]:
        """The VXLAN id of each overlay network, in order; one that two networks have is there twice."""
        return tuple(sorted(what.rpartition(" vxlan ")[2] for what in self.beginning("network/").values()))

    def describe(self) -> Message:
        """The cluster's id and its objects, a line each."""
        objects = [said("{name} {content}", name=name, content=what) for name, what in sorted(self.objects.items())]
        return said("{lines:lines}", lines=[said("cluster {id}", id=self.cluster_id), *objects])


def state_of(engine: Engine) -> ClusterState:
    """Read the cluster's objects from one manager: nodes with labels, services, secrets, configs, networks.

    Objects are listed and then inspected. One that goes away in between is "not found": what was read until then is of
    no single moment, and all of it is read again. Raises ConditionNotMet when
    objects go on vanishing for 30 s (scaled).
    """

    def read() -> Answer[ClusterState]:
        try:
            return Done(_read_state(engine))
        except EngineError as problem:
            if "not found" in problem.stderr.lower() or "no such" in problem.stderr.lower():
                return NotYet(said("an object went away meanwhile: {short}", short=short(problem.stderr)))
            raise

    return engine.wait(said("the cluster's state is read from {engine}", engine=engine), read, seconds=SETTLED_SECONDS)


def _read_state(engine: Engine) -> ClusterState:
    why = said("read the cluster's state")
    objects: dict[str, str] = {}
    for node in listing.details(engine, "node", why=why):
        labels = ",".join(f"{key}={value}" for key, value in sorted((node["Spec"].get("Labels") or {}).items()))
        name, content = f"node/{node['Description']['Hostname']}", f"{node['ID']} labels [{labels}]"
        objects[name] = "; ".join(sorted([content, *([objects[name]] if name in objects else [])]))
    for service in listing.details(engine, "service", why=why):
        objects[f"service/{service['Spec']['Name']}"] = f"{service['ID']} {_content(service['Spec'])}"
    # What secrets and configs hold cannot change as long as their id is the same.
    for kind in ("secret", "config"):
        objects |= {f"{kind}/{row['Name']}": row["ID"] for row in listing.rows(engine, kind, "ls", why=why)}
    for network in listing.details(engine, "network", "--no-trunc", *SWARM_NETWORKS, why=why):
        subnets = ",".join(part["Subnet"] for part in network["IPAM"]["Config"] or [])
        vxlan = (network["Options"] or {}).get(VXLAN, "none")
        objects[f"network/{network['Name']}"] = f"{network['Id']} subnet {subnets} vxlan {vxlan}"
    cluster = listing.swarm(engine, why=why).get("Cluster")
    return ClusterState(cluster["ID"] if cluster else "", objects)


def _content(spec: Mapping[str, Any]) -> str:
    """What a service is: image, mode with the number of tasks, ports, labels. Engines add defaults to the rest."""
    container = spec["TaskTemplate"]["ContainerSpec"]
    mode = json.dumps(spec["Mode"], sort_keys=True, separators=(",", ":"))
    ports = [
        f"{port.get('PublishedPort')}:{port['TargetPort']}" for port in spec.get("EndpointSpec", {}).get("Ports", [])
    ]
    labels = sorted(f"{key}={value}" for key, value in (spec.get("Labels") or {}).items())
    return f"image {container['Image']} mode {mode} ports [{','.join(ports)}] labels [{','.join(labels)}]"


def difference(before: ClusterState, after: ClusterState) -> tuple[Message, ...]:
    """What changed from `before` to `after`, a line each: lost, new or changed objects."""
    lines = []
    if before.cluster_id != after.cluster_id:
        lines.append(said("cluster id was {before}, is {after}", before=before.cluster_id, after=after.cluster_id))
    for name in sorted(before.objects.keys() | after.objects.keys()):
        was, is_ = before.objects.get(name), after.objects.get(name)
        if is_ is None:
            lines.append(said("lost {name} ({before})", name=name, before=was or ""))
        elif was is None:
            lines.append(said("new {name} ({after})", name=name, after=is_))
        elif was != is_:
            lines.append(said("changed {name}: was {before}, is {after}", name=name, before=was, after=is_))
    return tuple(lines)


def only_lost(before: ClusterState, after: ClusterState, start: str) -> bool:
    """Whether `after` differs from `before` in nothing but that objects are gone whose names begin with `start`."""
    kept = {name: what for name, what in before.objects.items() if name in after.objects or not name.startswith(start)}
    return after == ClusterState(before.cluster_id, kept)


def changes(before: ClusterState, after: ClusterState) -> Message:
    """What changed between two states on one line, for the evidence of a verdict."""
    same = said("{number} objects, the same ids and content", number=len(after.objects))
    return in_turn(difference(before, after), none=same)
