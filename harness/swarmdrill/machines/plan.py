"""The plan of a lab: which machines it has, where they are, what they are made from."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import TypeAdapter
from pydantic.dataclasses import dataclass

from swarmdrill.base.stored import CLOSED


@dataclass(frozen=True, config=CLOSED)
class Node:
    """A machine as planned: `role` is manager or worker, `address` its fixed IPv4 address in the lab's network.

    Where its engine is not that of the plan, `engine` is its version, and `made_from` what the provider makes it from.
    """

    name: str
    role: Literal["manager", "worker"]
    address: str
    engine: str | None = None
    made_from: str | None = None


@dataclass(frozen=True, config=CLOSED)
class Plan:
    """All that the Vagrantfile needs to know of a lab; stored as `lab.json` in the lab's directory."""

    id: str
    provider: str
    engine: str
    network: str
    subnet: str
    registry: bool
    # Factor on every time-out, 1 for machines of ordinary speed.
    pace: float
    # What the provider alone knows and the Vagrantfile passes on to it.
    machine: Mapping[str, Any]
    nodes: tuple[Node, ...]
    # The Docker Engine of the host that the lab was made on, as DOCKER_HOST has it; empty in the plans of old versions.
    docker_host: str = ""
    # The Ruby file that says how Vagrant makes a machine; empty in the plans of old versions.
    definition: str = ""


STORED: TypeAdapter[Plan] = TypeAdapter(Plan)
