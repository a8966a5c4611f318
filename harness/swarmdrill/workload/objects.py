"""Objects of a swarm that no compose file describes: make them by command, remove them, see them everywhere."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from swarmdrill.base.messages import UNSAID, Message, in_turn, quoted, said
from swarmdrill.base.waiting import Answer, Done, NotYet
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.engine import Engine, Whales
from swarmdrill.swarm.listing import rows
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineError, EngineRefused, leaderless, short

EVERYWHERE_SECONDS = 30


def create_config(engine: Engine, name: str, content: str) -> None:
    """`docker config create`."""
    _from_file(
        engine, content, lambda client, path: client.config.create(name, path), said("create config {name}", name=name)
    )


def remove(engine: Engine, kind: str, name: str) -> None:
    """`docker KIND rm`: a "secret", "config" or "network". Raises EngineRefused."""
    engine.docker(kind, "rm", name, why=said("remove {kind} {name}", kind=kind, name=name)).or_raise()


def remove_config(engine: Engine, name: str) -> None:
    """`docker config rm`."""
    engine.ask(lambda client: client.config.remove(name), why=said("remove config {name}", name=name))


def configs(engine: Engine) -> tuple[str, ...]:
    """`docker config ls`: the names of all configs."""
    return _names(engine, "config")


def _names(engine: Engine, kind: str) -> tuple[str, ...]:
    return tuple(row["Name"] for row in rows(engine, kind, "ls", why=said("list every {kind}", kind=kind)))


def create_secret(engine: Engine, name: str, content: str) -> None:
    """`docker secret create`."""
    _from_file(
        engine, content, lambda client, path: client.secret.create(name, path), said("create secret {name}", name=name)
    )


def _from_file(engine: Engine, content: str, create: Callable[[Whales, Path], object], why: Message) -> None:
    # python-on-whales takes the content as a file only.
    with tempfile.NamedTemporaryFile("w", prefix="swarmdrill-", encoding="utf-8") as file:
        file.write(content)
        file.flush()
        engine.ask(lambda client: str(create(client, Path(file.name))), why=why)


def create_network(engine: Engine, name: str, subnet: str | None = None) -> None:
    """`docker network create --driver overlay` with a fixed subnet, or with the one that the swarm chooses."""
    engine.ask(
        lambda client: str(client.network.create(name, driver="overlay", subnet=subnet)),
        why=said("create overlay network {name}", name=name),
    )


def label_node(engine: Engine, hostname: str, key: str, value: str) -> None:
    """Give the node of that host name the label `key=value` (`docker node update --label-add`).

    Raises EngineRefused, or ConditionNotMet when the node goes on changing for 30 s (scaled).
    """
    _update_node(engine, hostname, lambda client: client.node.update(hostname, labels_add={key: value}))


def unlabel_node(engine: Engine, hostname: str, key: str) -> None:
    """Take the label `key` from the node of that host name (`docker node update --label-rm`).

    Raises EngineRefused, or ConditionNotMet when the node goes on changing for 30 s (scaled).
    """
    _update_node(engine, hostname, lambda client: client.node.update(hostname, rm_labels=[key]))


def _update_node(engine: Engine, hostname: str, update: Callable[[Whales], None]) -> None:
    """Update a node, again when it changed between the client's look at it and its update.

    The client sends the version that it saw, and the engine refuses an older one: "update out of sequence". After a
    restart managers write the state of nodes, which changes their version. Raises ConditionNotMet when that goes on
    for 30 s (scaled), EngineRefused for any other refusal.
    """

    def updated() -> Answer[None]:
        try:
            return Done(engine.ask(update, why=said("update node {hostname}", hostname=hostname)))
        except EngineRefused as problem:
            if "update out of sequence" not in problem.stderr:
                raise
            return NotYet(quoted(short(problem.stderr)))

    engine.wait(said("node {hostname} is updated", hostname=hostname), updated, seconds=EVERYWHERE_SECONDS)


def remove_objects(engine: Engine, *, service: str, secret: str, config: str, network: str) -> None:
    """Remove one object of each kind, the service first since it holds the others."""

    def remove(client: Whales) -> None:
        client.service.remove(service)
        client.secret.remove(secret)
        client.config.remove(config)
        client.network.remove(network)

    engine.ask(remove, why=said("remove the objects made by command"))


def agreed_configs(cluster: Cluster) -> frozenset[str]:
    """Wait until every manager has the same configs, and return their names.

    Raises ConditionNotMet with what each has after 30 s (scaled), EngineError where an engine does not answer.
    """

    def look(machine: Machine) -> frozenset[str] | Message:
        try:
            return frozenset(configs(machine.engine))
        except EngineError as problem:
            return without_leader(machine, problem)

    def the_same_everywhere() -> Answer[frozenset[str]]:
        found = cluster.on_each(look, cluster.managers)
        first, *others = found.values()
        if isinstance(first, frozenset) and all(other == first for other in others):
            return Done(first)
        return NotYet(
            in_turn(
                has
                if isinstance(has, Message)
                else said("{machine} has {configs:,}", machine=name, configs=sorted(has))
                for name, has in found.items()
            )
        )

    return cluster.wait(said("every manager has the same configs"), the_same_everywhere, seconds=EVERYWHERE_SECONDS)


def wait_everywhere(cluster: Cluster, name: str, *, seconds: float = EVERYWHERE_SECONDS) -> None:
    """Wait until every manager has the object (`config/x`). Raises ConditionNotMet after `seconds` (scaled)."""
    _wait_listed(cluster, cluster.managers, said("every manager has {name}", name=name), name, seconds=seconds)


def wait_listed(cluster: Cluster, machine: Machine, name: str) -> None:
    """Wait until one manager has the object. Raises ConditionNotMet after 30 s (scaled)."""
    _wait_listed(cluster, [machine], said("{machine} has {name}", machine=machine, name=name), name)


def wait_nowhere(cluster: Cluster, name: str) -> None:
    """Wait until no manager has the object any more. Raises ConditionNotMet after 30 s (scaled)."""
    _wait_listed(cluster, cluster.managers, said("no manager has {name}", name=name), name, there=False)


def _wait_listed(
    cluster: Cluster,
    managers: Sequence[Machine],
    what: Message,
    name: str,
    *,
    there: bool = True,
    seconds: float = EVERYWHERE_SECONDS,
) -> None:
    """Ask `managers` for their lists until `name` (`config/x`) is there, or is not, on all of them.

    A manager that has no leader for now is asked again; one that does not answer at all is a broken lab.
    """
    kind, _, own = name.partition("/")

    def objection(machine: Machine) -> Message:
        try:
            agrees = (own in _names(machine.engine, kind)) is there
            return UNSAID if agrees else said("not so on {machine}", machine=machine)
        except EngineError as problem:
            return without_leader(machine, problem)

    cluster.wait_for_each(what, objection, machines=managers, seconds=seconds)


def without_leader(machine: Machine, problem: EngineError) -> Message:
    """What a manager says that has no leader for now, to ask it again; any other error is raised."""
    if not leaderless(problem.stderr):
        raise problem
    return said("{machine} says {words}", machine=machine, words=short(problem.stderr))
