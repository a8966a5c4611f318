"""What a drill did to the cluster: its state before and after, what was lost, and the verdict on a claim."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from python_on_whales import DockerClient

from harness import trace
from harness.engine import Engine, EngineError
from harness.errors import ClaimRefuted, ConditionNotMet, UnfaithfulCopy
from harness.poll import Answer, Done, NotYet, wait_until
from harness.trace import Outcome
from harness.views import short

SETTLED_SECONDS = 30
VXLAN = "com.docker.network.driver.overlay.vxlanid_list"


@dataclass(frozen=True)
class ClusterState:
    """What a manager holds: each object as `kind/name` with the identity and content that a restore must keep."""

    cluster_id: str
    objects: Mapping[str, str]

    def describe(self) -> str:
        lines = [
            f"cluster {self.cluster_id}",
            *(f"{name} {what}" for name, what in sorted(self.objects.items())),
        ]
        return "\n".join(lines)


def state_of(engine: Engine) -> ClusterState:
    """Read the cluster's objects from one manager: nodes with labels, services, secrets, configs, networks.

    python-on-whales lists objects and then inspects each in a call of its own. One that goes away in between is "not
    found": what was read until then is of no single moment, and all of it is read again. Raises ConditionNotMet when
    objects go on vanishing for 30 s (scaled).
    """

    def read() -> Answer[ClusterState]:
        try:
            return Done(engine.ask(_read_state, why="the cluster's state"))
        except EngineError as problem:
            if "not found" in problem.stderr.lower() or "no such" in problem.stderr.lower():
                return NotYet(f"an object went away meanwhile: {short(problem.stderr)}")
            raise

    seconds = engine.machine.clock.seconds(SETTLED_SECONDS)
    return wait_until(f"the cluster's state is read from {engine.name}", read, timeout=seconds)


def _read_state(client: DockerClient) -> ClusterState:
    objects: dict[str, str] = {}
    for node in client.node.list():
        labels = ",".join(f"{key}={value}" for key, value in sorted((node.spec.labels or {}).items()))
        objects[f"node/{node.description.hostname}"] = f"{node.id} labels [{labels}]"
    for service in client.service.list():
        objects[f"service/{service.spec.name}"] = str(service.id)
    for secret in client.secret.list():
        objects[f"secret/{secret.spec.name}"] = str(secret.id)
    for config in client.config.list():
        objects[f"config/{config.spec.name}"] = str(config.id)
    for network in client.network.list(filters=[("driver", "overlay"), ("scope", "swarm")]):
        subnets = ",".join(str(part["Subnet"]) for part in network.ipam.config or [])
        vxlan = (network.options or {}).get(VXLAN, "none")
        objects[f"network/{network.name}"] = f"{network.id} subnet {subnets} vxlan {vxlan}"
    swarm = client.system.info().swarm
    return ClusterState(str(swarm.cluster.id) if swarm and swarm.cluster else "", objects)


def difference(before: ClusterState, after: ClusterState) -> tuple[str, ...]:
    """What changed from `before` to `after`, a line each: lost, new or changed objects."""
    lines = []
    if before.cluster_id != after.cluster_id:
        lines.append(f"cluster id was {before.cluster_id}, is {after.cluster_id}")
    for name in sorted(before.objects.keys() | after.objects.keys()):
        was, is_ = before.objects.get(name), after.objects.get(name)
        if is_ is None:
            lines.append(f"lost {name} ({was})")
        elif was is None:
            lines.append(f"new {name} ({is_})")
        elif was != is_:
            lines.append(f"changed {name}: was {was}, is {is_}")
    return tuple(lines)


def expect(claims: tuple[str, ...], expected: str, *, holds: bool, observed: str) -> None:
    """Compare what a scenario expected of the claims with what it observed, and say so.

    Raises ClaimRefuted when it does not hold. `observed` is the evidence, a few words or lines.
    """
    outcome = Outcome.HELD if holds else Outcome.REFUTED
    trace.verdict(claims, expected=expected, observed=observed, outcome=outcome)
    if not holds:
        raise ClaimRefuted(f"{', '.join(claims)} refuted. Expected: {expected}. Observed: {observed}")


def require(what: str, *, holds: bool, observed: str) -> None:
    """Check something that a scenario needs but no claim says, and keep what was observed.

    Raises ConditionNotMet when it does not hold.
    """
    trace.observe(what, observed)
    if not holds:
        raise ConditionNotMet(f"expected: {what}; observed: {observed}")


def changes(before: ClusterState, after: ClusterState) -> str:
    """What changed between two states on one line, for the evidence of a verdict."""
    return "; ".join(difference(before, after)) or f"{len(after.objects)} objects, the same ids and content"


@contextmanager
def expecting(claims: tuple[str, ...], expected: str) -> Iterator[list[str]]:
    """The block must reach what is expected; it adds to the list what it observed, as evidence.

    An assertion that fails in it, such as a condition that is not met, refutes the claims. An error of the
    lab leaves the verdict unknown and goes on as it is.
    """
    seen: list[str] = []
    try:
        yield seen
    except ClaimRefuted:
        raise
    except AssertionError as problem:
        trace.verdict(claims, expected=expected, observed=str(problem), outcome=Outcome.REFUTED)
        if isinstance(problem, UnfaithfulCopy):
            raise
        raise ClaimRefuted(f"{', '.join(claims)} refuted. Expected: {expected}. {problem}") from problem
    except Exception as problem:
        trace.verdict(claims, expected=expected, observed=trace.first_line(problem), outcome=Outcome.UNKNOWN)
        raise
    trace.verdict(claims, expected=expected, observed="; ".join(seen) or expected, outcome=Outcome.HELD)
