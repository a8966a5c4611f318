"""Look at libvirt on this host; change nothing."""

from swarmdrill.host import services, tools
from swarmdrill.host.services import ServiceAnswer
from swarmdrill.host.tools import ToolFinding

URI = "qemu:///system"


def ask() -> ServiceAnswer:
    """Ask the libvirt of the system, one daemon or several, whether it answers; its version is that of its client.

    Not `virsh version`, for which libvirt 9.0 asks QEMU what it can do, 4 s each time where QEMU's user may not
    open /dev/kvm and libvirtd may.
    """
    client = tools.find("virsh")
    if client is None:
        return ServiceAnswer(error="virsh is missing")
    answer = services.ask([client, "--connect", URI, "uri"], str.strip)
    return answer if answer.error else ServiceAnswer(tools.examine(client).version)


def examine() -> ToolFinding:
    """Whether libvirt answers, and with which version."""
    answer = ask()
    return ToolFinding(answer.version, answer.error)


def machines() -> tuple[str, ...]:
    """The names of all virtual machines that run now; none where libvirt does not answer."""
    return tuple(tools.output([tools.find("virsh") or "virsh", "--connect", URI, "list", "--name"]).split())
