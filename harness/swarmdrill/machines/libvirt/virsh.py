"""The libvirt client of a host."""

import tempfile
from dataclasses import dataclass

from swarmdrill.base.programs import CALL_SECONDS
from swarmdrill.host.host import Host

URI = "qemu:///system"
LONG_SECONDS = 300


@dataclass(frozen=True)
class Virsh:
    """The client of a host, for the system's own libvirt there."""

    host: Host

    def __call__(self, *arguments: str, timeout: float = CALL_SECONDS) -> str:
        """Run it, and return what it prints. `timeout` in seconds. Raises ClientFailed with command and answer."""
        return self.host.call("virsh", "--quiet", "--connect", URI, *arguments, timeout=timeout)

    def define(self, kind: str, xml: str) -> None:
        """`virsh net-define` and its like: `kind` is net or pool, `xml` what is defined. Raises ClientFailed."""
        with tempfile.NamedTemporaryFile("w", suffix=".xml", encoding="utf-8") as file:
            file.write(xml)
            file.flush()
            self(f"{kind}-define", file.name)
