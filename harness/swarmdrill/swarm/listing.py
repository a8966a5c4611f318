"""What an engine lists: all objects of a kind in one call of the docker client, a row of named columns for each.

python-on-whales, which does what changes a swarm, inspects each object of a list in a call of its own, and once more
when an attribute is read 10 ms later (0.81.0, client_config.py). A swarm that is waited for is asked twice a second,
and each call starts a process. Columns have the client's names (Docker's reference of a list, "Format the output").
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from swarmdrill.swarm.engine import CALL_SECONDS, Engine

Row = Mapping[str, str]


def rows(engine: Engine, *words: str, why: str = "", timeout: float = CALL_SECONDS) -> tuple[Row, ...]:
    """What a list such as `docker node ls` has. `timeout` and errors are `Engine.docker`'s."""
    listed = engine.docker(*words, "--format", "{{json .}}", why=why, timeout=timeout)
    return tuple(json.loads(line) for line in listed.splitlines())


def details(engine: Engine, kind: str, *words: str, why: str = "") -> tuple[Any, ...]:
    """What `docker KIND inspect` says of each object that `docker KIND ls` lists. Errors are `Engine.docker`'s."""
    ids = engine.docker(kind, "ls", "--quiet", *words, why=why).split()
    return tuple(json.loads(engine.docker(kind, "inspect", *ids, why=why))) if ids else ()


def running(tasks: Sequence[Row]) -> tuple[Row, ...]:
    """Those rows of `docker service ps` or `docker stack ps` that run and should."""
    return tuple(task for task in tasks if task["DesiredState"] == "Running" and _state(task) == "Running")


def swarm(engine: Engine, *, why: str = "") -> Mapping[str, Any]:
    """The engine's own part in a swarm, as `docker info` has it. Errors are `Engine.docker`'s."""
    found: Mapping[str, Any] = json.loads(engine.docker("info", "--format", "{{json .Swarm}}", why=why))
    return found


def _state(task: Row) -> str:
    return task["CurrentState"].partition(" ")[0]  # what follows is since when
