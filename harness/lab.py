"""A lab on disk: its plan, its key, and the lock that says a process is using it."""

import dataclasses
import hashlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import locks
from harness.config import ROOT, STATE_DIR, Settings
from harness.errors import UsageProblem
from harness.provider import engines
from harness.provider.registry import PROVIDERS

LABS_DIR = STATE_DIR / "labs"
DEFAULT = "default"


@dataclass(frozen=True)
class Node:
    """A machine as planned: `role` is manager or worker, `address` its fixed IPv4 address in the lab's network.

    Where its engine is not that of the plan, `engine` is its version, and `made_from` what the provider makes it from.
    """

    name: str
    role: str
    address: str
    engine: str | None = None
    made_from: str | None = None


@dataclass(frozen=True)
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


@dataclass(frozen=True)
class Lab:
    """One set of machines. Everything of it lives in `directory` or carries its id as a label."""

    directory: Path

    @property
    def id(self) -> str:
        """Unique on this machine: the name, and a digest of the checkout it belongs to."""
        checkout = hashlib.sha256(str(self.directory.parent).encode()).hexdigest()[:6]
        return f"{self.directory.name}-{checkout}"

    @property
    def plan_file(self) -> Path:
        return self.directory / "lab.json"

    @property
    def ssh_config(self) -> Path:
        """OpenSSH client configuration of all machines, written when the last of them is up."""
        return self.directory / "ssh-config"

    @property
    def private_key(self) -> Path:
        return self.directory / "id_ed25519"

    @property
    def dotfile(self) -> Path:
        """Vagrant's data directory. The default lab has Vagrant's own default, so that a bare `vagrant` finds it."""
        return ROOT / ".vagrant" if self.directory == LABS_DIR / DEFAULT else self.directory / "vagrant"

    @property
    def log(self) -> Path:
        """Everything Vagrant printed."""
        return self.directory / "vagrant.log"

    @property
    def sockets(self) -> Path:
        """Directory of the tunnelled Docker sockets; short, since a socket's path has at most 107 bytes (unix(7))."""
        return Path(tempfile.gettempdir()) / f"swarmdrill-{self.id}"

    @property
    def kept(self) -> bool:
        """Whether the lab is meant to outlive the process that made it."""
        return (self.directory / "keep").exists()

    def keep(self) -> None:
        """Let the lab outlive its process: only `down` and `clean` take it away."""
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "keep").touch()

    def plan(self) -> Plan:
        """The stored plan. Raises UsageProblem when the lab was never planned."""
        if not self.plan_file.exists():
            raise UsageProblem(f"there is no lab {self.directory.name!r}: run `swarmdrill up` first")
        stored = json.loads(self.plan_file.read_text(encoding="utf-8"))
        stored["nodes"] = tuple(Node(**node) for node in stored["nodes"])
        return Plan(**stored)

    def plan_engine(self, machines: Sequence[str], version: str, made_from: str) -> None:
        """Plan another engine for some machines, which they have once they are booted anew."""
        plan = self.plan()
        nodes = tuple(
            dataclasses.replace(node, engine=version, made_from=made_from) if node.name in machines else node
            for node in plan.nodes
        )
        self.store(dataclasses.replace(plan, nodes=nodes))

    def store(self, plan: Plan) -> None:
        """Write the plan to its file."""
        self.plan_file.write_text(json.dumps(dataclasses.asdict(plan), indent=2) + "\n", encoding="utf-8")

    @property
    def other_engines(self) -> tuple[str, ...]:
        """The machines that were planned for another engine since, each with its version: `manager1 28.5.2`.

        None where there is no plan. A lab that has some is not what it was booted for any more, also if they were put
        back: what another engine wrote is on their disks.
        """
        nodes = self.plan().nodes if self.plan_file.exists() else ()
        return tuple(f"{node.name} {node.engine}" for node in nodes if node.engine)

    @property
    def lock_file(self) -> Path:
        """Beside the directory, so that a lab is locked before it exists and until it is gone."""
        return self.directory.with_name(f"{self.directory.name}.lock")

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the lab for this process. Raises UsageProblem, naming the holder, when another process holds it."""
        with locks.held(self.lock_file, f"lab {self.directory.name!r}"):
            try:
                yield
            finally:
                if not self.directory.exists():
                    self.lock_file.unlink()

    def in_use(self) -> bool:
        """Whether a living process holds the lock."""
        return locks.is_held(self.lock_file)

    def remove_directory(self) -> None:
        """Remove what the lab has on disk, its sockets included."""
        for directory in (self.sockets, self.dotfile, self.directory):
            shutil.rmtree(directory, ignore_errors=True)


def default_lab() -> Lab:
    """The lab that `swarmdrill up` and a bare `vagrant up` make: one per checkout."""
    return Lab(LABS_DIR / DEFAULT)


def labs_here() -> list[Lab]:
    """Every lab of this checkout that has a directory."""
    return [Lab(path) for path in sorted(LABS_DIR.glob("*")) if path.is_dir()]


def make_plan(lab: Lab, settings: Settings) -> Plan:
    """Decide addresses, image and start arguments of a new lab, claim its network, and store the plan.

    An existing plan is kept as it is when it fits `settings`. Raises UsageProblem when it does not, or
    when this host cannot carry the lab.
    """
    if lab.plan_file.exists():
        require_shape(lab, settings)
        return lab.plan()
    release = engines.release(settings.engine)
    provider = PROVIDERS[settings.provider]
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
    )
    _make_key(lab)
    lab.store(plan)
    return plan


def require_shape(lab: Lab, settings: Settings) -> None:
    """Raise UsageProblem when a planned lab is not what is asked for: what is found on it would be said of another."""
    plan = lab.plan()
    asked = (settings.provider, settings.engine, settings.managers, settings.workers)
    roles = [node.role for node in plan.nodes]
    there = (plan.provider, plan.engine, roles.count("manager"), roles.count("worker"))
    if asked != there:
        raise UsageProblem(
            f"lab {lab.directory.name!r} is {_describe(there)}, asked for is {_describe(asked)}: "
            "run `swarmdrill down` first"
        )
    if lab.other_engines:
        changed = ", ".join(lab.other_engines)
        raise UsageProblem(f"lab {lab.directory.name!r} has changed engines ({changed}): run `swarmdrill down` first")


def _describe(shape: tuple[str, str, int, int]) -> str:
    provider, engine, managers, workers = shape
    return f"{provider}, engine {engine}, {managers} managers, {workers} workers"


def _make_key(lab: Lab) -> None:
    if not lab.private_key.exists():
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", lab.id, "-f", str(lab.private_key)],
            check=True,
            capture_output=True,
            timeout=60,
        )
