"""A lab on disk: its plan, its key, and the lock that says a process is using it."""

import dataclasses
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from swarmdrill.base import locks, places
from swarmdrill.base.directories import remove_own
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.stored import problem
from swarmdrill.machines import ownership
from swarmdrill.machines.plan import STORED, Plan

# Below the state directory.
LABS = "labs"
DEFAULT = "default"
# What a lab is locked for by who removes what its dead process left; whoever uses one says nothing.
REMOVAL = "removal"


@dataclass(frozen=True)
class Lab:
    """One set of machines. Everything of it lives in `directory` or carries its id as a label."""

    directory: Path

    @property
    def id(self) -> str:
        """Unique on the engine: the name, and eight digits that only this directory of labs gives (`ownership`)."""
        return ownership.lab_id(self.directory)

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
        """Vagrant's data directory; of a checkout's default lab Vagrant's own, where a bare `vagrant` looks for it."""
        if places.CHECKOUT and self.directory == places.CHECKOUT / places.STATE_NAME / LABS / DEFAULT:
            return places.CHECKOUT / ".vagrant"
        return self.directory / "vagrant"

    @property
    def log(self) -> Path:
        """Everything Vagrant printed."""
        return self.directory / "vagrant.log"

    @property
    def sockets(self) -> Path:
        """Directory of the tunnelled Docker sockets; short as a rule, since a socket's path has at most 107 bytes."""
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
        """The stored plan. Raises UsageProblem when the lab was never planned, or what is stored is no plan."""
        if not self.plan_file.exists():
            raise UsageProblem(said("there is no lab '{lab}': run `swarmdrill up` first", lab=self.directory.name))
        try:
            return STORED.validate_json(self.plan_file.read_bytes())
        except ValidationError as wrong:
            raise UsageProblem(
                said("{path} is no plan of a lab: {problem}", path=self.plan_file, problem=problem(wrong))
            ) from None

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
        self.plan_file.write_bytes(STORED.dump_json(plan, indent=2) + b"\n")

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
    def lock(self, purpose: str = "") -> Iterator[None]:
        """Hold the lab for this process. Raises UsageProblem, naming the holder, when another process holds it.

        Who locks a lab that he did not make proves first that it is one (`removal`): from now on it looks like one.
        """
        ownership.settle(self.directory.parent)
        with locks.held(self.lock_file, said("lab '{lab}'", lab=self.directory.name), purpose):
            try:
                yield
            finally:
                if not self.directory.exists():
                    self.lock_file.unlink()

    def mark(self) -> str:
        """What only this lab's processes have in their environment, so that no other process is ended; drawn once."""
        if not self._mark_file.exists():
            self.directory.mkdir(parents=True, exist_ok=True)
            self._mark_file.touch(mode=0o600)
            self._mark_file.write_text(secrets.token_hex(16), encoding="ascii")
        return self._mark_file.read_text(encoding="ascii")

    @property
    def marked(self) -> bool:
        """Whether any process can have its mark."""
        return self._mark_file.exists()

    @property
    def _mark_file(self) -> Path:
        return self.directory / "process-mark"

    def in_use(self) -> bool:
        """Whether a living process holds the lock."""
        return locks.is_held(self.lock_file)

    def being_removed(self) -> bool:
        """Whether a living process holds the lock to remove what is left of it, from whichever checkout."""
        return locks.purpose_of(self.lock_file) == REMOVAL

    def remove_directory(self) -> None:
        """Remove what the lab has on disk, its sockets included. Raises LabBroken where that is not a lab's."""
        for directory in (self.sockets, self.dotfile):
            remove_own(directory)
        ownership.delete(self.id, self.directory)


def labs_dir() -> Path:
    """Where the labs of this state directory are, each in a directory of its own; the path has no link in it."""
    return (places.state() / LABS).resolve()


def default_lab() -> Lab:
    """The lab that `swarmdrill up` and a bare `vagrant up` make: one per state directory."""
    return Lab(labs_dir() / DEFAULT)


def labs_here() -> list[Lab]:
    """Every lab of this state directory that has a directory."""
    return [Lab(path) for path in sorted(labs_dir().glob("*")) if path.is_dir()]
