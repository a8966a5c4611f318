"""What the engine knows of objects: all of one kind in one call of the docker client, as python-on-whales's models.

Its own lists inspect each object in a call of its own, and once more when an attribute is read 10 ms later (0.81.0,
client_config.py). A swarm that is waited for is asked twice a second, and each call starts a process.

In the models every attribute may be None, although engines send what is read here: so what is returned is Any.
"""

import json
from collections.abc import Iterable
from typing import Any

from python_on_whales import DockerClient
from python_on_whales.components.config.models import ConfigInspectResult
from python_on_whales.components.network.models import NetworkInspectResult
from python_on_whales.components.node.models import NodeInspectResult
from python_on_whales.components.secret.models import SecretInspectResult
from python_on_whales.components.service.models import ServiceInspectResult
from python_on_whales.components.task.models import TaskInspectResult
from python_on_whales.utils import DockerCamelModel, run

Model = type[DockerCamelModel]
Filters = Iterable[tuple[str, str]]


def nodes(client: DockerClient) -> tuple[Any, ...]:
    """`docker node ls`, and all that the manager knows of each. Raises DockerException, as everything here."""
    return _listed(client, "node", NodeInspectResult)


def services(client: DockerClient, filters: Filters = ()) -> tuple[Any, ...]:
    """`docker service ls`, and what each of them is."""
    return _listed(client, "service", ServiceInspectResult, filters)


def secrets(client: DockerClient) -> tuple[Any, ...]:
    """`docker secret ls`, and what each of them is, which never is its content."""
    return _listed(client, "secret", SecretInspectResult)


def configs(client: DockerClient, filters: Filters = ()) -> tuple[Any, ...]:
    """`docker config ls`, and what each of them is."""
    return _listed(client, "config", ConfigInspectResult, filters)


def networks(client: DockerClient, filters: Filters = ()) -> tuple[Any, ...]:
    """`docker network ls`, and what each of them is."""
    return _listed(client, "network", NetworkInspectResult, filters)


def tasks_of(client: DockerClient, kind: str, name: str) -> tuple[Any, ...]:
    """`docker stack ps` or `docker service ps`, as `kind` says, and what each task is and should be."""
    ids = _ask(client, kind, "ps", "--quiet", "--no-trunc", name).split()
    return _inspect(client, ("inspect", "--type", "task"), TaskInspectResult, ids)


def node(client: DockerClient, name: str) -> Any:
    """`docker node inspect` of one node, by id or host name."""
    return _inspect(client, ("node", "inspect"), NodeInspectResult, [name])[0]


def _listed(client: DockerClient, kind: str, model: Model, filters: Filters = ()) -> tuple[Any, ...]:
    wanted = [word for name, value in filters for word in ("--filter", f"{name}={value}")]
    ids = _ask(client, kind, "ls", "--quiet", *wanted).split()
    return _inspect(client, (kind, "inspect"), model, ids)


def _inspect(client: DockerClient, words: tuple[str, ...], model: Model, ids: list[str]) -> tuple[Any, ...]:
    return tuple(model(**found) for found in json.loads(_ask(client, *words, *ids))) if ids else ()


def _ask(client: DockerClient, *words: str) -> str:
    return str(run([*client.client_config.docker_cmd, *words]))
