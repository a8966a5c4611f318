"""The providers there are, by name."""

from collections.abc import Mapping

from harness.provider import docker, libvirt, virtualbox
from harness.provider.interface import Provider

PROVIDERS: Mapping[str, Provider] = {docker.NAME: docker, libvirt.NAME: libvirt, virtualbox.NAME: virtualbox}


def present() -> list[Provider]:
    """Those whose service runs on this host: only there can anything of a lab be."""
    return [provider for provider in PROVIDERS.values() if provider.answers()]
