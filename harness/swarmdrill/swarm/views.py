"""What one manager says of the cluster, by itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from swarmdrill.base.messages import Message, said
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.listing import Row, rows
from swarmdrill.swarm.replies import EngineError, short

# Without a leader the engine itself gives up after some seconds; this bounds what it would not.
VIEW_SECONDS = 20
ASK = said("ask for its view")


@dataclass(frozen=True)
class NodeView:
    """A member of the swarm as a manager lists it. `reachability` is empty for workers."""

    id: str
    hostname: str
    state: str
    availability: str
    reachability: str
    leader: bool

    def describe(self) -> str:
        """In a few words: name, state, and for a manager whether it is reachable: `manager2 ready reachable`."""
        return " ".join(word for word in (self.hostname, self.state, self.reachability) if word)


@dataclass(frozen=True)
class View:
    """One manager's view. `error` is what its engine said when it could not answer; the rest is empty then."""

    manager: str
    nodes: tuple[NodeView, ...] = ()
    error: str = ""

    @property
    def leader(self) -> str | None:
        """Host name of the leader, None where this manager knows none."""
        return next((node.hostname for node in self.nodes if node.leader), None)

    def describe(self) -> Message:
        """One line: who leads, and every node that is not ready and reachable."""
        if self.error:
            return said("{manager} says {error}", manager=self.manager, error=self.error)
        wrong = [
            said("{node} {condition}", node=node.hostname, condition=_condition(node))
            for node in self.nodes
            if not _healthy(node)
        ]
        seen = said(
            "{manager} says leader {leader}, {number} nodes",
            manager=self.manager,
            leader=self.leader or said("none"),
            number=len(self.nodes),
        )
        return said("{seen}, {wrong:,}", seen=seen, wrong=wrong) if wrong else seen

    def healthy(self) -> bool:
        """Whether there is a leader and every node is ready and reachable."""
        return self.leader is not None and all(_healthy(node) for node in self.nodes)


def _healthy(node: NodeView) -> bool:
    return node.state == "ready" and node.reachability in ("reachable", "")


def _condition(node: NodeView) -> str:
    return f"{node.state}/{node.reachability}" if node.reachability else node.state


def view_of(engine: Engine, *, why: Message = ASK) -> View:
    """Ask one manager's engine for its view; an engine that cannot answer gives a view with an error."""
    try:
        return View(engine.name, nodes=nodes_of(engine, why=why))
    except EngineError as problem:
        return View(engine.name, error=short(problem.stderr))


def nodes_of(engine: Engine, *, why: Message) -> tuple[NodeView, ...]:
    """Every member as one manager lists it, in the order of names. Raises EngineRefused where it has no leader."""
    nodes = map(_node, rows(engine, "node", "ls", why=why, timeout=VIEW_SECONDS))
    return tuple(sorted(nodes, key=lambda node: node.hostname))


def describe_members(nodes: Sequence[NodeView]) -> Message:
    """All members on one line."""
    return said("{members:,}", members=[node.describe() for node in nodes])


def _node(row: Row) -> NodeView:
    manager = row["ManagerStatus"].lower()
    leader = manager == "leader"
    return NodeView(
        id=row["ID"],
        hostname=row["Hostname"],
        state=row["Status"].lower(),
        availability=row["Availability"].lower(),
        reachability="reachable" if leader else manager,
        leader=leader,
    )
