"""Make the plan of a lab, with its key."""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import Message, said
from swarmdrill.base.settings import Settings
from swarmdrill.host.host import AUTO
from swarmdrill.machines import registry
from swarmdrill.machines.build import releases
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.plan import Node, Plan
from swarmdrill.machines.vagrant import HERE


def make_plan(lab: Lab, settings: Settings) -> Plan:
    """Decide addresses, image and start arguments of a new lab, claim its network, and store the plan.

    An existing plan is kept as it is when it fits `settings`. Raises UsageProblem when it does not, or
    when this host cannot carry the lab.
    """
    if lab.plan_file.exists():
        require_shape(lab, settings)
        return lab.plan()
    release = releases.release(settings.engine)
    provider = registry.asked_for(settings)
    provider.require()
    provider.require_room(settings.managers + settings.workers)
    made_from = provider.prepare(release)
    lab.directory.mkdir(parents=True, exist_ok=True)
    network, subnet = provider.claim_network(lab.id, lab.directory, settings.subnet)
    prefix = subnet.rsplit(".", 1)[0]
    plan = Plan(
        id=lab.id,
        provider=settings.provider,
        engine=settings.engine,
        network=network,
        subnet=subnet,
        registry=settings.registry,
        pace=provider.pace(),
        machine=provider.machine_options(lab.id, lab.directory, made_from),
        nodes=(
            *(Node(f"manager{i}", "manager", f"{prefix}.{10 + i}") for i in range(1, settings.managers + 1)),
            *(Node(f"worker{i}", "worker", f"{prefix}.{20 + i}") for i in range(1, settings.workers + 1)),
        ),
        docker_host=provider.host.engine,
        definition=_definition(provider.definition),
    )
    _make_key(lab)
    lab.store(plan)
    return plan


def _definition(file: Path) -> str:
    """Its path from the Vagrantfile, where both go together whatever moves; that of another package in full."""
    return str(file.relative_to(HERE) if file.is_relative_to(HERE) else file)


def require_shape(lab: Lab, settings: Settings) -> None:
    """Raise UsageProblem when a planned lab is not what is asked for: what is found on it would be said of another."""
    plan = lab.plan()
    asked = (settings.provider, settings.engine, settings.managers, settings.workers)
    roles = [node.role for node in plan.nodes]
    there = (plan.provider, plan.engine, roles.count("manager"), roles.count("worker"))
    if asked != there:
        raise UsageProblem(
            said(
                "lab '{lab}' is {there}, asked for is {asked}: run `swarmdrill down` first",
                lab=lab.directory.name,
                there=_describe(there),
                asked=_describe(asked),
            )
        )
    if settings.docker_host != AUTO and (here := registry.of_lab(lab).service) != registry.asked_for(settings).service:
        raise UsageProblem(
            said(
                "lab '{lab}' is on {here}, asked for is {asked}: run `swarmdrill down` first",
                lab=lab.directory.name,
                here=here,
                asked=settings.docker_host,
            )
        )
    if lab.other_engines:
        raise UsageProblem(
            said(
                "lab '{lab}' has changed engines ({machines:,}): run `swarmdrill down` first",
                lab=lab.directory.name,
                machines=lab.other_engines,
            )
        )


def _describe(shape: tuple[str, str, int, int]) -> Message:
    provider, engine, managers, workers = shape
    return said(
        "{provider}, engine {engine}, {managers} managers, {workers} workers",
        provider=provider,
        engine=engine,
        managers=managers,
        workers=workers,
    )


def _make_key(lab: Lab) -> None:
    if not lab.private_key.exists():
        key = Ed25519PrivateKey.generate()
        private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        Path(f"{lab.private_key}.pub").write_bytes(public + f" {lab.id}\n".encode())
        lab.private_key.touch(mode=0o600)
        lab.private_key.write_bytes(private)
