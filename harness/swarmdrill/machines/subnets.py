"""Which /24 a lab's network can have: one that the host routes nowhere yet."""

import ipaddress
import json
from collections.abc import Callable, Iterator

from swarmdrill.base import programs
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.programs import ClientFailed
from swarmdrill.host.host import Host

# RFC 1918 space that neither Docker (172.16/12, 192.168/16) nor Swarm's overlay pool (10.0/8 from 10.0.0) starts with.
POOL = ipaddress.ip_network("10.213.0.0/16")


def checked(text: str, host: Host) -> ipaddress.IPv4Network:
    """The subnet that was asked for. Raises UsageProblem unless it is a private /24 that the host does not route."""
    try:
        subnet = ipaddress.IPv4Network(text)
    except ValueError as problem:
        raise UsageProblem(said("--subnet {text}: {problem}", text=text, problem=problem)) from None
    if subnet.prefixlen != 24 or not subnet.is_private:
        raise UsageProblem(said("--subnet {text}: must be a private /24, such as 10.213.7.0/24", text=text))
    if any(subnet.overlaps(taken) for taken in _routes(host)):
        raise UsageProblem(said("--subnet {text}: this host already routes it; choose another or auto", text=text))
    return subnet


def free(host: Host) -> Iterator[ipaddress.IPv4Network]:
    """The subnets of the pool that the host does not route, in order; the engine may still refuse one."""
    taken = _routes(host)
    for candidate in POOL.subnets(new_prefix=24):
        if not any(candidate.overlaps(other) for other in taken):
            yield ipaddress.IPv4Network(candidate)


def claim(asked: str, create: Callable[[str], None], host: Host, *, taken: str) -> str:
    """Let `create` make a network with the subnet `asked`, or with a free one for "auto"; return the subnet.

    `taken` is what the provider's client says when a subnet is in use. Raises UsageProblem when the one that was
    asked for cannot be had, LabBroken when none can.
    """
    for candidate in free(host) if asked == "auto" else [checked(asked, host)]:
        try:
            create(str(candidate))
        except ClientFailed as problem:
            if asked != "auto":
                raise UsageProblem(
                    said("--subnet {asked}: {said}; choose another or auto", asked=asked, said=problem.words)
                ) from None
            if taken not in problem.words:
                raise
        else:
            return str(candidate)
    raise LabBroken(said("every /24 of {pool} is taken: run `swarmdrill clean`", pool=str(POOL)))


def _routes(host: Host) -> list[ipaddress.IPv4Network]:
    """Networks that the host routes somewhere already, the default route apart."""
    listed = host.run(["ip", "-json", "-4", "route"], timeout=programs.CALL_SECONDS)
    routes = json.loads(listed.stdout or "[]")
    return [ipaddress.IPv4Network(route["dst"]) for route in routes if route["dst"] != "default"]
