"""What an engine lists: all objects of a kind in one call of the docker client, a row of named columns for each.

python-on-whales, which does what changes a swarm, inspects each object of a list in a call of its own, and once more
when an attribute is read 10 ms later (0.81.0, client_config.py). A swarm that is waited for is asked twice a second,
and each call starts a process. Columns have the client's names (Docker's reference of a list, "Format the output").
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from swarmdrill.base.messages import UNSAID, Message
from swarmdrill.swarm.engine import CALL_SECONDS, Engine

Row = Mapping[str, str]


def rows(engine: Engine, *words: str, why: Message = UNSAID, timeout: float = CALL_SECONDS) -> tuple[Row, ...]:
    """What a list such as `docker node ls` has. `timeout` is `Engine.docker`'s, errors are `Reply.or_raise`'s."""
    listed = engine.docker(*words, "--format", "{{json .}}", why=why, timeout=timeout).or_raise()
    return tuple(json.loads(line) for line in listed.splitlines())


def details(engine: Engine, kind: str, *words: str, why: Message = UNSAID) -> tuple[Any, ...]:
    """What `docker KIND inspect` says of each object that `docker KIND ls` lists. Errors are `Reply.or_raise`'s."""
    ids = engine.docker(kind, "ls", "--quiet", *words, why=why).or_raise().split()
    return tuple(json.loads(engine.docker(kind, "inspect", *ids, why=why).or_raise())) if ids else ()


def running(tasks: Sequence[Row]) -> tuple[Row, ...]:
    """Those rows of `docker service ps` or `docker stack ps` that run and should."""
    return tuple(task for task in tasks if task["DesiredState"] == "Running" and _state(task) == "Running")


def running_tasks(engine: Engine, kind: str, name: str, *, why: Message) -> tuple[Row, ...]:
    """The tasks of a "service" or a "stack" that run and should, as a manager says; `Node` is where each of them is."""
    return running(rows(engine, kind, "ps", "--no-trunc", name, why=why))


def swarm(engine: Engine, *, why: Message = UNSAID) -> Mapping[str, Any]:
    """The engine's own part in a swarm, as `docker info` has it. Errors are `Reply.or_raise`'s."""
    answer = engine.docker("info", "--format", "{{json .Swarm}}", why=why).or_raise()
    found: Mapping[str, Any] = json.loads(answer)
    return found


def _state(task: Row) -> str:
    return task["CurrentState"].partition(" ")[0]  # what follows is since when
