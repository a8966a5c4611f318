"""What a drill did to the cluster: its state before and after, what was lost, and the verdict on a claim."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from harness import listed, trace
from harness.claims import all_claims
from harness.engine import Engine, EngineError
from harness.errors import ClaimHeld, ClaimRefuted, ConditionNotMet, UnfaithfulCopy
from harness.poll import Answer, Done, NotYet, wait_until
from harness.trace import Outcome
from harness.views import short

E = TypeVar("E", bound=Exception)

SETTLED_SECONDS = 30
# The engine version whose expectations hold in this process; the plugin sets it.
_engine: ContextVar[str] = ContextVar("swarmdrill_engine", default="")
SWARM_NETWORKS = ("--filter", "driver=overlay", "--filter", "scope=swarm")
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

    Objects are listed and then inspected. One that goes away in between is "not found": what was read until then is of
    no single moment, and all of it is read again. Raises ConditionNotMet when
    objects go on vanishing for 30 s (scaled).
    """

    def read() -> Answer[ClusterState]:
        try:
            return Done(_read_state(engine))
        except EngineError as problem:
            if "not found" in problem.stderr.lower() or "no such" in problem.stderr.lower():
                return NotYet(f"an object went away meanwhile: {short(problem.stderr)}")
            raise

    seconds = engine.machine.clock.seconds(SETTLED_SECONDS)
    return wait_until(f"the cluster's state is read from {engine.name}", read, timeout=seconds)


def _read_state(engine: Engine) -> ClusterState:
    why = "the cluster's state"
    objects: dict[str, str] = {}
    for node in listed.details(engine, "node", why=why):
        labels = ",".join(f"{key}={value}" for key, value in sorted((node["Spec"].get("Labels") or {}).items()))
        name, content = f"node/{node['Description']['Hostname']}", f"{node['ID']} labels [{labels}]"
        objects[name] = "; ".join(sorted([content, *([objects[name]] if name in objects else [])]))
    for service in listed.details(engine, "service", why=why):
        objects[f"service/{service['Spec']['Name']}"] = f"{service['ID']} {_content(service['Spec'])}"
    # What secrets and configs hold cannot change as long as their id is the same.
    for kind in ("secret", "config"):
        objects |= {f"{kind}/{row['Name']}": row["ID"] for row in listed.rows(engine, kind, "ls", why=why)}
    for network in listed.details(engine, "network", "--no-trunc", *SWARM_NETWORKS, why=why):
        subnets = ",".join(part["Subnet"] for part in network["IPAM"]["Config"] or [])
        vxlan = (network["Options"] or {}).get(VXLAN, "none")
        objects[f"network/{network['Name']}"] = f"{network['Id']} subnet {subnets} vxlan {vxlan}"
    cluster = listed.swarm(engine, why=why).get("Cluster")
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


def judge_by(engine: str) -> None:
    """Compare what follows with what the registry expects of that engine version."""
    _engine.set(engine)


def expected_of(claim: str) -> Outcome:
    """What the registry expects of a claim with this run's engine; of one that it does not know, that it holds."""
    known = all_claims().get(claim)
    return known.expected_outcome(_engine.get()) if known else Outcome.HELD


def expect(claims: tuple[str, ...], expected: str, *, holds: bool, observed: str) -> None:
    """Compare what the claims say with what was observed, and say so; without claims, what the scenario relies on.

    Whether it has to hold is the registry's word (`harness/claims.toml`): of a claim that is known to be wrong
    the opposite is expected, and of one whose outcome varies nothing. Raises ClaimRefuted where the registry expects it
    to hold and it does not, ClaimHeld the other way round. `observed` is the evidence, a few words or lines.
    """
    outcome = Outcome.HELD if holds else Outcome.REFUTED
    trace.verdict(claims, expected=expected, observed=observed, outcome=outcome)
    _compare(claims, outcome, f"Expected: {expected}. Observed: {observed}")


def _compare(claims: tuple[str, ...], outcome: Outcome, evidence: str) -> None:
    """Raise ClaimRefuted or ClaimHeld, with the evidence, where the outcome is not what the registry expects."""
    surprising = [id_ for id_ in claims if expected_of(id_) not in (outcome, Outcome.VARIED)]
    if not claims and outcome is Outcome.REFUTED:
        raise ClaimRefuted(evidence)
    if surprising:
        kind = ClaimRefuted if outcome is Outcome.REFUTED else ClaimHeld
        raise kind(f"{', '.join(surprising)} {outcome}. {evidence}")


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


@dataclass
class Refusal(Generic[E]):
    """How a block was refused; `error` is there once the block has ended."""

    _error: E | None = None

    @property
    def error(self) -> E:
        """What ended the block."""
        assert self._error is not None, "the block has not ended yet"
        return self._error

    def __str__(self) -> str:
        return str(self.error)


@contextmanager
def refused(kind: type[E]) -> Iterator[Refusal[E]]:
    """The block must end with an error of that kind, which is then in what it yields; reports say so of its steps.

    Raises ConditionNotMet when it ends without an error. Any other error goes on as it is.
    """
    refusal = Refusal[E]()
    try:
        with trace.refusal_of(kind):
            yield refusal
    except kind as problem:
        refusal._error = problem
    else:
        raise ConditionNotMet(f"it was not refused: no {kind.__name__}")


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
        # The block did not end, so the scenario cannot go on, whatever is expected of the claim.
        refuted = f"{', '.join(claims)} refuted. " if claims else ""
        raise ClaimRefuted(f"{refuted}Expected: {expected}. {problem}") from problem
    except Exception as problem:
        trace.verdict(claims, expected=expected, observed=trace.first_line(problem), outcome=Outcome.UNKNOWN)
        raise
    observed = "; ".join(seen) or expected
    trace.verdict(claims, expected=expected, observed=observed, outcome=Outcome.HELD)
    _compare(claims, Outcome.HELD, f"Expected: {expected}. Observed: {observed}")
