"""The libvirt client."""

import tempfile
from pathlib import Path

from swarmdrill.base.programs import CALL_SECONDS, call

URI = "qemu:///system"
LONG_SECONDS = 300


def virsh(*arguments: str, timeout: float = CALL_SECONDS) -> str:
    """Run the libvirt client against the system's own libvirt, and return what it prints.

    `timeout` in seconds. Raises ClientFailed with the command and what it said.
    """
    return call("virsh", "--quiet", "--connect", URI, *arguments, timeout=timeout)


def define(kind: str, xml: str) -> None:
    """`virsh net-define` and its like: `kind` is net or pool, `xml` what is to be defined. Raises ClientFailed."""
    with tempfile.NamedTemporaryFile("w", suffix=".xml", encoding="utf-8") as file:
        file.write(xml)
        file.flush()
        virsh(f"{kind}-define", str(Path(file.name)))
