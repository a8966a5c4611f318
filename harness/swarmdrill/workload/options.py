"""What a service is made with or changed to, as the words that `docker service create` and `update` take."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Mounted:
    """A secret or a config by its name, and where tasks see it: a name below /run/secrets, or a config's path.

    Without `target` it is Docker's choice, which is the name.
    """

    source: str
    target: str = ""

    def __str__(self) -> str:
        return f"source={self.source},target={self.target}" if self.target else self.source


@dataclass(frozen=True)
class Exchange:
    """The name of the secret or config that goes, and the one that comes in its place."""

    gone: str
    new: Mounted


def tasks(replicas: int | None, *, everywhere: bool = False) -> tuple[str, ...]:
    """How many tasks there are to be, or one on every machine; nothing where neither is said."""
    if everywhere:
        return ("--mode", "global")
    return () if replicas is None else ("--replicas", str(replicas))


def each(option: str, values: Sequence[object]) -> tuple[str, ...]:
    """`--OPTION VALUE` for each value."""
    return tuple(word for value in values for word in (f"--{option}", str(value)))


def variables(option: str, environment: Mapping[str, str] | None) -> tuple[str, ...]:
    """`--OPTION NAME=VALUE` for each environment variable."""
    return each(option, [f"{name}={value}" for name, value in (environment or {}).items()])


def exchanged(kind: str, exchange: Exchange) -> tuple[str, ...]:
    """A "secret" or "config" that goes, and the one that comes."""
    return (f"--{kind}-rm", exchange.gone, f"--{kind}-add", str(exchange.new))
