"""Bring a lab to life and end it; find the labs of dead processes and end those too."""

from swarmdrill.base import trace
from swarmdrill.base.errors import ConditionNotMet, LabBroken
from swarmdrill.base.messages import said
from swarmdrill.base.settings import Settings
from swarmdrill.base.waiting import Clock
from swarmdrill.machines import vagrant
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.planning import make_plan
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.formation import form
from swarmdrill.swarm.snapshots import keep_golden_state

_COUNTS = {
    1: said("one manager"),
    3: said("three managers"),
    5: said("five managers"),
    7: said("seven managers"),
}


def boot(lab: Lab, settings: Settings, clock: Clock) -> Cluster:
    """Plan the lab, bring its machines up with a formed swarm, and check that they run the engine asked for.

    Raises UsageProblem when this host cannot, LabBroken when it should but does not.
    """
    make_plan(lab, settings)
    machines = _COUNTS.get(settings.managers) or said("{number} managers", number=settings.managers)
    if settings.workers:
        machines = said("{managers} and {number} worker(s)", managers=machines, number=settings.workers)
    with trace.phase(
        "boot {machines} with Docker {engine} ({provider})",
        machines=machines,
        engine=settings.engine,
        provider=settings.provider,
    ):
        vagrant.up(lab, clock)
        cluster = Cluster.of(lab, clock)
        try:
            form(cluster)
            require_version(cluster.client, settings.engine)
        except ConditionNotMet as problem:
            raise LabBroken(said("no swarm can be formed: {problem}", problem=problem)) from problem
    keep_golden_state(cluster)
    return cluster


def require_version(engine: Engine, version: str) -> None:
    """Raise LabBroken unless the engine says that it is of that version."""
    server = engine.ask(lambda client: client.version().server, why=said("read the version of the engine"))
    found = str(server.version) if server else "nothing"
    if found.split("+")[0] != version:
        raise LabBroken(
            said(
                "{engine} runs Docker {found}, not {version}: its image is stale, `swarmdrill clean`",
                engine=engine,
                found=found,
                version=version,
            )
        )
