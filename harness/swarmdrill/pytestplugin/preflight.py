"""Refuse what cannot work before anything is booted, and clean up after runs that died."""

import os
import sys
from pathlib import Path

import vagrant

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.settings import Settings, how_to
from swarmdrill.host import resources
from swarmdrill.machines import registry, removal, subnets
from swarmdrill.machines.build import releases
from swarmdrill.machines.lab import default_lab
from swarmdrill.machines.planning import require_shape


def check_host(settings: Settings, *, labs: int) -> None:
    """Raise UsageProblem, saying what to do, when this host cannot run a drill with these settings.

    `labs` is how many of them there will be at the same time. Removes the labs of dead runs, and builds
    the node image, so that parallel workers find it built.
    """
    release = releases.release(settings.engine)
    if vagrant.get_vagrant_executable() is None:
        raise UsageProblem(said("Vagrant is missing: run `{setup}`", setup=how_to("setup")))
    resources.require_scratch()
    provider = registry.for_lab(default_lab(), settings) if settings.reuse else registry.asked_for(settings)
    provider.require()
    for stranger in removal.reap(provider.host):
        print(stranger.describe(), file=sys.stderr)
    if settings.reuse:
        require_shape(default_lab(), settings)
        return
    provider.require_room(labs * (settings.managers + settings.workers))
    if settings.subnet != "auto":
        subnets.checked(settings.subnet, provider.host)
    provider.prepare(release)


def require_writable(directory: Path) -> None:
    """Make sure that reports can be written to `directory`, creating it; raise UsageProblem where not."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise UsageProblem(
            said("--reports-dir {directory}: {problem}", directory=directory, problem=problem.strerror or problem)
        ) from None
    if not os.access(directory, os.W_OK | os.X_OK):
        raise UsageProblem(said("--reports-dir {directory}: is not writable", directory=directory))
