"""A lab of one manager, booted in this process, for tests that look at what a node is."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from swarmdrill.base.settings import Settings
from swarmdrill.base.waiting import Clock
from swarmdrill.machines import removal
from swarmdrill.machines.lab import Lab, labs_dir
from swarmdrill.swarm import boot
from swarmdrill.swarm.machine import Machine


@contextmanager
def node(provider: str, engine: str = "") -> Iterator[Machine]:
    """A node of that provider with that engine (the default one where none is named); it is removed at the end."""
    given = {"provider": provider, "managers": "1", **({"engine": engine} if engine else {})}
    settings = Settings.read(given, lambda _: None)
    lab = Lab(labs_dir() / f"node-{os.getpid()}")
    with lab.lock():
        try:
            cluster = boot.boot(lab, settings, Clock())
            try:
                yield cluster.managers[0]
            finally:
                cluster.close()
        finally:
            removal.take_down(lab, Clock())
