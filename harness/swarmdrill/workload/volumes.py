"""Volumes on one machine, for the claim that they are not part of a backup."""

from swarmdrill.base.messages import said
from swarmdrill.swarm.engine import Engine


def create_volume(engine: Engine, name: str) -> None:
    """Create a local volume."""
    engine.ask(lambda client: str(client.volume.create(name)), why=said("create a volume"))


def remove_volume(engine: Engine, name: str) -> None:
    """Remove a local volume."""
    engine.ask(lambda client: client.volume.remove(name), why=said("remove the volume"))


def volumes(engine: Engine) -> tuple[str, ...]:
    """Names of the machine's local volumes."""
    return tuple(engine.docker("volume", "ls", "--quiet", why=said("list volumes")).or_raise().split())
