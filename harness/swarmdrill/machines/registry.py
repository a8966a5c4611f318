"""The providers there are, by name."""

from collections.abc import Mapping

from swarmdrill.machines.containers import provider as containers_provider
from swarmdrill.machines.libvirt import provider as libvirt_provider
from swarmdrill.machines.provider import Provider
from swarmdrill.machines.virtualbox import provider as virtualbox_provider

PROVIDERS: Mapping[str, Provider] = {
    containers_provider.NAME: containers_provider,
    libvirt_provider.NAME: libvirt_provider,
    virtualbox_provider.NAME: virtualbox_provider,
}


def present() -> list[Provider]:
    """Those whose service runs on this host: only there can anything of a lab be."""
    return [provider for provider in PROVIDERS.values() if provider.answers()]
