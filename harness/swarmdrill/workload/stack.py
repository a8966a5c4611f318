"""A stack on the cluster: deploy it, remove it, see it with every manager's eyes, and ask whether it serves."""

import csv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from swarmdrill.base import trace
from swarmdrill.base.messages import Message, in_turn, said
from swarmdrill.base.waiting import Answer, Done, NotYet
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.listing import rows, running_tasks
from swarmdrill.swarm.replies import EngineError, short

NAMESPACE = "com.docker.stack.namespace"
RUNNING_SECONDS = 90
GONE_SECONDS = 60


@dataclass(frozen=True)
class StackView:
    """What one manager says of a stack: service names, those with a running task, configs, whether it is listed.

    `networks` are asked for only where no service is left, which holds them: a deletion that is under way.
    """

    manager: str
    services: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    listed: bool = False
    networks: tuple[str, ...] = ()
    error: str = ""

    @property
    def gone(self) -> bool:
        """Nothing of the stack is there."""
        return not (self.error or self.listed or self.services or self.configs or self.networks)

    @property
    def present(self) -> bool:
        """The stack is listed, services are there, and each has a running task."""
        return not self.error and self.listed and bool(self.services) and set(self.services) == set(self.running)

    def describe(self) -> Message:
        """One line for messages and reports."""
        if self.error:
            return said("{manager} says {error}", manager=self.manager, error=self.error)
        if self.gone:
            return said("{manager} says the stack is gone", manager=self.manager)
        seen = said(
            "{manager} says services {services:,} (running: {running:,}), configs {configs:,}",
            manager=self.manager,
            services=self.services,
            running=self.running,
            configs=self.configs,
        )
        return said("{seen}, networks {networks:,}", seen=seen, networks=self.networks) if self.networks else seen


def as_option(path: Path) -> str:
    """The path as `--compose-file` takes it: a line of CSV, in which quotes and commas have to be quoted (pflag)."""
    line = StringIO()
    csv.writer(line, lineterminator="").writerow([str(path)])
    return line.getvalue()


@dataclass(frozen=True)
class Stack:
    """A compose file under a stack's name."""

    name: str
    compose_file: Path

    def service(self, short_name: str) -> str:
        """The full name of one of the stack's services."""
        return f"{self.name}_{short_name}"

    def config(self, short_name: str) -> str:
        """The full name of one of the stack's configs."""
        return f"{self.name}_{short_name}"

    def deploy(self, cluster: Cluster) -> None:
        """`docker stack deploy` by the cluster's client. The image is on every node; no registry is asked."""
        cluster.client.ask(
            lambda client: client.stack.deploy(self.name, [as_option(self.compose_file)], resolve_image="never"),
            why=said("deploy the stack"),
            timeout=60,
        )

    def remove(self, cluster: Cluster) -> None:
        """`docker stack rm` by the cluster's client; returns when the command does."""
        cluster.client.ask(lambda client: client.stack.remove(self.name), why=said("remove the stack"), timeout=60)

    def bring_up(self, cluster: Cluster) -> None:
        """Deploy the stack and wait until it runs, as one phase. Raises ConditionNotMet."""
        with trace.phase("deploy the stack"):
            self.deploy(cluster)
            self.wait_running(cluster)

    def take_away(self, cluster: Cluster) -> None:
        """Remove the stack and wait until it is gone, as one phase. Raises ConditionNotMet."""
        with trace.phase("remove the stack"):
            self.remove(cluster)
            self.wait_gone(cluster)

    def view(self, engine: Engine) -> StackView:
        """Ask one manager what it knows of the stack; one that cannot answer gives a view with an error."""
        try:
            return self._look(engine, said("list what is there of the stack"))
        except EngineError as problem:
            return StackView(engine.name, error=short(problem.stderr))

    def _look(self, engine: Engine, why: Message) -> StackView:
        own = ("--filter", f"label={NAMESPACE}={self.name}")
        services = sorted(row["Name"] for row in rows(engine, "service", "ls", *own, why=why))
        tasks = running_tasks(engine, "stack", self.name, why=why) if services else ()
        # A task is named by its service and its place in it, or the node that it is for.
        names = {task["Name"].rpartition(".")[0] for task in tasks}
        configs = sorted(row["Name"] for row in rows(engine, "config", "ls", *own, why=why))
        stacks = {row["Name"] for row in rows(engine, "stack", "ls", why=why)}
        networks = () if services else rows(engine, "network", "ls", *own, why=why)
        return StackView(
            engine.name,
            tuple(services),
            tuple(name for name in services if name in names),
            tuple(configs),
            self.name in stacks,
            tuple(sorted(row["Name"] for row in networks)),
        )

    def views(self, cluster: Cluster) -> tuple[StackView, ...]:
        """What every manager says of the stack, asked at the same time."""
        return tuple(cluster.on_each(lambda m: self.view(m.engine), cluster.managers).values())

    def wait_running(self, cluster: Cluster) -> Message:
        """Wait until every manager says that each service of the stack has a running task; return what they say.

        Raises ConditionNotMet with every manager's view after 90 s (scaled).
        """
        return self._wait(cluster, said("stack {name} runs", name=self), RUNNING_SECONDS, lambda view: view.present)

    def wait_gone(self, cluster: Cluster) -> Message:
        """Wait until every manager says that nothing of the stack is there, and no container of it runs.

        Returns what the managers say. Raises ConditionNotMet with every manager's view after 60 s (scaled).
        """
        answer = self._wait(cluster, said("stack {name} is gone", name=self), GONE_SECONDS, lambda view: view.gone)

        def containers_gone() -> Answer[None]:
            left = cluster.on_each(lambda m: self._containers(m.engine), cluster.machines)
            holders = [
                said("{machine} still runs {number}", machine=name, number=len(ids))
                for name, ids in left.items()
                if ids
            ]
            return NotYet(said("{machines:,}", machines=holders)) if holders else Done(None)

        cluster.wait(
            said("containers of stack {name} are gone", name=self),
            containers_gone,
            seconds=GONE_SECONDS,
        )
        return answer

    def _wait(self, cluster: Cluster, what: Message, seconds: float, holds: Callable[[StackView], bool]) -> Message:
        def seen_by_all() -> Answer[Message]:
            found = cluster.ask_managers(self.view, holds)
            answer = in_turn(view.describe() for view in found)
            return Done(answer) if all(map(holds, found)) else NotYet(answer)

        return cluster.wait(
            what,
            seen_by_all,
            seconds=seconds,
            last_words=lambda: describe(self.views(cluster)),
        )

    def _containers(self, engine: Engine) -> list[str]:
        own = f"label={NAMESPACE}={self.name}"
        return (
            engine.docker("ps", "--quiet", "--filter", own, why=said("list the containers of the stack"))
            .or_raise()
            .split()
        )


def describe(views: Sequence[StackView]) -> str:
    """All views, a line each."""
    return "\n".join(f"  {view.describe()}" for view in views)
