"""Power loss: machines that end without being told, and come back."""

from collections.abc import Sequence

from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import Message, first_line_of, said
from swarmdrill.base.waiting import Answer, Done, NotYet
from swarmdrill.machines import registry
from swarmdrill.swarm import clock
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine

BOOT_SECONDS = 120
# Said beside every verdict after a power cut: a machine's disk is a file of a host that runs on (`cache=unsafe`).
NOT_TRIED = said("only the machines lost power, not their host: no disk lost what it had said was written")


def cut_power(cluster: Cluster, machines: Sequence[Machine]) -> None:
    """End `machines` at once: what they had not written to their disks is lost."""
    with trace.step("cut the power of {machines:,}", machines=machines):
        cluster.hypervisor.cut_power([machine.name for machine in machines])
        cluster.disconnect(machines)


def reboot(cluster: Cluster, machines: Sequence[Machine]) -> None:
    """Stop docker on `machines`, write everything to their disks, and start them anew. Raises ConditionNotMet."""
    with trace.step("reboot {machines:,}", machines=machines):
        cluster.stop_docker(machines)
        cluster.on_each(lambda machine: machine.run("sync", why=said("everything is on the disk")), machines)
        cut_power(cluster, machines)
        power_on(cluster, machines)


def power_on(cluster: Cluster, machines: Sequence[Machine]) -> None:
    """Start `machines`, and wait until they can be reached and their engines are started or have given up.

    Raises ConditionNotMet after 120 s (scaled).
    """

    def up(machine: Machine) -> Answer[None]:
        try:
            state = machine.run(
                "systemctl is-system-running", why=said("see whether it has booted"), check=False
            ).stdout.strip()
        except LabBroken as problem:
            return NotYet(first_line_of(problem))
        return (
            NotYet(said("{machine} is {state}", machine=machine, state=state))
            if state in ("", "initializing", "starting")
            else Done(None)
        )

    def boot(machine: Machine) -> None:
        cluster.wait(said("{machine} has booted", machine=machine), lambda: up(machine), seconds=BOOT_SECONDS)
        clock.set_right(machine)

    with trace.step("power on {machines:,}", machines=machines):
        cluster.hypervisor.power_on([machine.name for machine in machines])
        cluster.on_each(boot, machines)


class PowerCut:
    """The machines end at once; `power_on` brings them back."""

    name = "power-cut"

    def available(self, cluster: Cluster) -> Message | None:
        """Only a hypervisor can cut the power of its machines."""
        provider = registry.of_lab(cluster.lab)
        if provider.hypervisor is None:
            return said("provider {provider} has no power to cut; use --provider=libvirt", provider=provider.name)
        return None

    def inject(self, cluster: Cluster, victims: Sequence[Machine]) -> None:
        cut_power(cluster, victims)
