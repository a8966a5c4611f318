"""Managers and workers that form a swarm: form it, ask every manager, restart them, reset it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar

from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import Message, in_turn, said
from swarmdrill.base.waiting import Answer, Clock, Condition, Done, NotYet, stays, wait_until
from swarmdrill.machines import hosts
from swarmdrill.machines.hypervisor import LabHypervisor
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.ssh import Remote
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineError, short
from swarmdrill.swarm.shell import Shell
from swarmdrill.swarm.together import on_each
from swarmdrill.swarm.views import View, view_of

T = TypeVar("T")
WORKLOAD = "nginx:latest"
ENGINE_SECONDS = 60
# SwarmKit draws its election time-out between 10 and 20 s and may need several rounds.
ELECTION_SECONDS = 120
READY_SECONDS = 90


class Cluster:
    """The machines of a lab and the swarm on them."""

    def __init__(
        self,
        machines: Sequence[Machine],
        clock: Clock,
        hypervisor: LabHypervisor,
        *,
        brings_workload: bool,
    ) -> None:
        self.machines = tuple(machines)
        self.hypervisor = hypervisor
        self._brings_workload = brings_workload
        self.clock = clock

    @classmethod
    def of(cls, lab: Lab, clock: Clock) -> "Cluster":
        """The cluster of a lab that is up."""
        if not lab.ssh_config.exists():
            raise LabBroken(said("lab {directory!r} is not up: run `swarmdrill up`", directory=lab.directory.name))
        plan = lab.plan()
        clock = Clock(clock.scale * plan.pace)
        shells = [Shell(node.name, Remote(node.name, lab.ssh_config), clock) for node in plan.nodes]
        client = hosts.of_lab(lab).client
        engines = [Engine(shell, lab.sockets, client) for shell in shells]
        machines = [Machine(*each) for each in zip(plan.nodes, shells, engines, strict=True)]
        return cls(machines, clock, LabHypervisor(lab), brings_workload=not plan.registry)

    def at(self, addresses: Mapping[str, str]) -> "Cluster":
        """The same machines under other addresses, by machine name; those not named keep theirs.

        They share shell and engine with the ones here, and are equal to them: only where others find them differs.
        """
        machines = [
            replace(machine, node=replace(machine.node, address=addresses.get(machine.name, machine.address)))
            for machine in self.machines
        ]
        return Cluster(machines, self.clock, self.hypervisor, brings_workload=self._brings_workload)

    @property
    def lab(self) -> Lab:
        """The lab whose machines they are."""
        return self.hypervisor.lab

    @property
    def managers(self) -> tuple[Machine, ...]:
        return tuple(machine for machine in self.machines if machine.node.role == "manager")

    @property
    def workers(self) -> tuple[Machine, ...]:
        return tuple(machine for machine in self.machines if machine.node.role == "worker")

    @property
    def client(self) -> Engine:
        """The engine that management commands go to where the procedure does not name one: the first manager's."""
        return self.managers[0].engine

    def machine(self, name: str) -> Machine:
        """The machine of that name."""
        return next(machine for machine in self.machines if machine.name == name)

    def wait(
        self, what: Message, condition: Condition[T], *, seconds: float, last_words: Callable[[], str] = lambda: ""
    ) -> T:
        """Ask `condition` until it is done, and return its value; `seconds` before scaling. Raises ConditionNotMet."""
        return wait_until(what, condition, timeout=seconds, clock=self.clock, last_words=last_words)

    def wait_for_each(
        self,
        what: Message,
        objection: Callable[[Machine], Message],
        *,
        seconds: float,
        machines: Sequence[Machine] | None = None,
        last_words: Callable[[], str] = lambda: "",
    ) -> None:
        """Ask `objection` of all `machines` (the managers by default) at the same time, until none has one.

        It says what is not so on a machine, UNSAID where all is. Raises ConditionNotMet with what is said last after
        `seconds`, before scaling.
        """

        def nobody_objects() -> Answer[None]:
            asked = self.on_each(objection, self.managers if machines is None else machines)
            objections = [each for each in asked.values() if each]
            return NotYet(in_turn(objections)) if objections else Done(None)

        self.wait(what, nobody_objects, seconds=seconds, last_words=last_words)

    def stays(self, what: Message, condition: Condition[Message], *, seconds: float) -> Message:
        """Ask `condition` for `seconds`, before scaling; it has to be done each time. Raises ConditionNotMet."""
        return stays(what, condition, seconds=seconds, clock=self.clock)

    def on_each(self, action: Callable[[Machine], T], machines: Sequence[Machine]) -> dict[str, T]:
        """Do `action` on all `machines` at the same time, as `together.on_each` does."""
        return on_each(action, machines)

    def mark(self, machines: Sequence[Machine] | None = None) -> LogMark:
        """Where the engines' logs of `machines` (all by default) end now, to ask for what follows later."""
        return LogMark.now(self.machines if machines is None else machines)

    def ask_managers(self, ask: Callable[[Engine], T], holds: Callable[[T], bool]) -> tuple[T, ...]:
        """What the first manager's engine says, and once that `holds`, what every manager's does.

        Who waits for all of them asks one until then, which costs least.
        """
        first = ask(self.client)
        if not holds(first):
            return (first,)
        return first, *self.on_each(lambda machine: ask(machine.engine), self.managers[1:]).values()

    def views(self) -> dict[str, View]:
        """Every manager's own view, asked at the same time, by manager name."""
        return self.on_each(lambda machine: view_of(machine.engine), self.managers)

    def describe_views(self) -> str:
        """Every manager's own view, a line each, for messages."""
        return "\n".join(f"  {view.describe()}" for view in self.views().values())

    def leader(self) -> Machine:
        """The machine that every manager says is the leader. Raises ConditionNotMet when they do not agree."""
        leader = self.wait(
            said("every manager names the same leader"),
            self._agreed_leader,
            seconds=ELECTION_SECONDS,
            last_words=self.describe_views,
        )
        return self.machine(leader)

    def followers(self) -> tuple[Machine, ...]:
        """The managers that are not the leader."""
        leader = self.leader()
        return tuple(machine for machine in self.managers if machine != leader)

    def change_leader(self) -> None:
        """Stop the leader's engine, wait until the others have another leader, start it again, and wait for all.

        Raises ConditionNotMet when the others elect nobody within 120 s (scaled).
        """
        former = self.leader()
        others = [machine for machine in self.managers if machine != former]

        def elected() -> Answer[str]:
            view = view_of(others[0].engine, why=said("list the members, to see who leads now"))
            return NotYet(view.describe()) if view.leader in (None, former.name) else Done(view.leader)

        former.stop_docker()
        self.wait(said("another manager leads"), elected, seconds=ELECTION_SECONDS)
        former.start_docker()
        self.wait_ready()

    def _agreed_leader(self) -> Answer[str]:
        views = self.ask_managers(
            partial(view_of, why=said("list the members, to see who leads")), lambda view: view.leader is not None
        )
        leaders = {view.leader for view in views}
        if len(leaders) == 1 and (leader := leaders.pop()) is not None:
            return Done(leader)
        return NotYet(in_turn(view.describe() for view in views))

    def wait_ready(self) -> None:
        """Wait until every manager says that all nodes are ready and all managers reachable.

        Raises ConditionNotMet with every manager's view after 90 s (scaled).
        """
        self.wait(
            said("every manager sees all nodes ready"),
            self._all_ready,
            seconds=READY_SECONDS,
            last_words=self.describe_views,
        )

    def _all_ready(self) -> Answer[None]:
        def ready(view: View) -> bool:
            return view.healthy() and len(view.nodes) == len(self.machines)

        views = self.ask_managers(partial(view_of, why=said("list the members, to see whether all are ready")), ready)
        return Done(None) if all(map(ready, views)) else NotYet(in_turn(view.describe() for view in views))

    def wait_engines(self, machines: Sequence[Machine]) -> None:
        """Wait until the engines of `machines` answer and have the workload image.

        Raises ConditionNotMet with the last error and the end of the engine's log after 60 s (scaled).
        """

        def answers(engine: Engine) -> Answer[None]:
            try:
                found = engine.docker(
                    "images", "--quiet", WORKLOAD, why=said("see whether the engine answers"), timeout=10
                ).or_raise()
            except EngineError as problem:
                return NotYet(said("{engine} says {short}", engine=engine, short=short(problem.stderr)))
            return (
                Done(None)
                if found or not self._brings_workload
                else NotYet(said("{engine} has no image {workload} yet", engine=engine, workload=WORKLOAD))
            )

        def wait(machine: Machine) -> None:
            engine = machine.engine
            self.wait(
                said("{machine}'s engine answers", machine=machine),
                lambda: answers(engine),
                seconds=ENGINE_SECONDS,
                last_words=lambda: machine.run("tail -n 20 /var/log/docker.log", check=False).stdout,
            )

        self.on_each(wait, machines)

    def stop_docker(self, machines: Sequence[Machine] | None = None) -> None:
        """Stop the docker service on all machines given (all managers by default) at the same time."""
        self.on_each(Machine.stop_docker, self.managers if machines is None else machines)

    def start_docker(self, machines: Sequence[Machine] | None = None) -> None:
        """Start the docker service on all machines given (all managers by default) at the same time."""
        self.on_each(Machine.start_docker, self.managers if machines is None else machines)

    def disconnect(self, machines: Sequence[Machine]) -> None:
        """Close the connections to `machines`; the next command opens them again."""
        for machine in machines:
            machine.engine.close()
            machine.remote.close()

    def close(self) -> None:
        """Close the connections to all machines."""
        self.disconnect(self.machines)
