"""Hosts for tests: this computer's programs, pretended ones in PATH, and an engine that nobody started."""

from swarmdrill.host.host import Host, this_host

# Where no engine listens.
ENGINE = "unix:///nowhere/docker.sock"


def host(engine: str = ENGINE) -> Host:
    """A host whose client is the first in PATH."""
    return this_host(engine)
