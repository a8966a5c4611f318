"""The first drill kills one of its machines; the second has to get a whole lab."""

import subprocess

from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster


@scenario(id="kill-a-machine", title="Kill a machine")
def test_kill_a_machine(cluster: Cluster) -> None:
    """The container of the last manager dies, as a host that loses power."""
    victim = cluster.managers[-1]
    address = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    for container in subprocess.check_output(["docker", "ps", "--quiet"], text=True).split():
        found = subprocess.check_output(["docker", "inspect", "--format", address, container], text=True)
        if found.strip() == victim.address:
            subprocess.check_call(["docker", "kill", container], stdout=subprocess.DEVNULL)
    victim.run("true")


@scenario(id="next-after-a-kill", title="The next scenario")
def test_next_scenario(cluster: Cluster) -> None:
    """Another lab, whole again."""
    cluster.wait_ready()
