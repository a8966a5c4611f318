"""The providers there are, by name, for a host: those that come with swarmdrill, and those that other packages add.

A package adds one with, in its `pyproject.toml`:

    [project.entry-points."swarmdrill.providers"]
    firecracker = "our_machines.provider:Firecracker"

The name is what `--provider` takes then, and `Firecracker(host)` has what `machines.provider.Provider` asks for.
"""

from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint
from typing import Any, cast

from swarmdrill.base import plugins
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.settings import PROVIDERS, Settings
from swarmdrill.host.host import Host
from swarmdrill.machines import hosts
from swarmdrill.machines.containers.provider import Containers
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.libvirt.provider import Libvirt
from swarmdrill.machines.provider import Provider
from swarmdrill.machines.virtualbox.provider import VirtualBox

_OWN: tuple[type[Provider], ...] = (Containers, Libvirt, VirtualBox)
# What a class of another package has to have to be taken for a provider.
NEEDED = tuple(name for name in (*Provider.__annotations__, *vars(Provider)) if not name.startswith("_"))


def names() -> tuple[str, ...]:
    """The providers that there are. Raises UsageProblem where two have one name."""
    return (*PROVIDERS, *sorted(_added()))


def named(name: str, host: Host) -> Provider:
    """The provider of that name, on the host.

    Raises:
        UsageProblem: there is none, which says which there are; two packages add one; it cannot be imported; or it is
            none, which says what it lacks.
    """
    added = _added()
    for own in _OWN:
        if own.name == name:
            return own(host)
    if name not in added:
        raise UsageProblem(said("there is no provider '{name}'; there are {names:,}", name=name, names=names()))
    made = cast(Any, plugins.load(plugins.PROVIDERS, name))(host)
    if lacking := [each for each in NEEDED if not hasattr(made, each)]:
        raise UsageProblem(
            said(
                "{group}: {name} is no provider: it has no {lacking:,}",
                group=plugins.PROVIDERS,
                name=name,
                lacking=lacking,
            )
        )
    return cast(Provider, made)


def asked_for(settings: Settings) -> Provider:
    """The provider that a run was asked to use, on the host that it was asked to use."""
    return named(settings.provider, hosts.asked_for(settings))


def for_lab(lab: Lab, settings: Settings) -> Provider:
    """The provider for a run on that lab: the lab's own where it is planned, else the one that was asked for."""
    return of_lab(lab) if lab.plan_file.exists() else asked_for(settings)


def of_lab(lab: Lab) -> Provider:
    """The provider of the lab's machines, on the host that they are on. Raises UsageProblem where there is no lab."""
    return named(lab.plan().provider, hosts.of_lab(lab))


def present(on: Iterable[Host]) -> Sequence[Provider]:
    """Those whose service runs on one of the hosts: only there can anything of a lab be. Each service comes once."""
    every: dict[tuple[str, str], Provider] = {}
    for host in on:
        for name in names():
            provider = named(name, host)
            every.setdefault((name, provider.service), provider)
    return [provider for provider in every.values() if provider.answers()]


def _added() -> dict[str, EntryPoint]:
    """What other packages add, by name; nothing is imported."""
    found = dict(plugins.found(plugins.PROVIDERS))
    for own in _OWN:
        value = f"{own.__module__}:{own.__name__}"
        other = found.pop(own.name, None)
        if other is not None and other.value != value:
            raise UsageProblem(
                said(
                    "{group}: {name} is both {one} and {other}: uninstall one of the two packages",
                    group=plugins.PROVIDERS,
                    name=own.name,
                    one=value,
                    other=other.value,
                )
            )
    return found
