"""At which ports a machine takes part in a swarm, as the machine itself says."""

from swarmdrill.base.messages import said
from swarmdrill.swarm.machine import Machine

# Where managers are reached, and where overlay networks' traffic goes, unless a swarm is told otherwise.
MANAGEMENT_PORT = 2377
DATA_PATH_PORT = 4789


def listening(machine: Machine) -> frozenset[int]:
    """The TCP ports at which anything on the machine listens."""
    listed = machine.run("ss --listening --tcp --numeric --no-header", why=said("list the ports where it listens"))
    # State, queues, and then the local address: `LISTEN 0 4096 *:2377 *:*` (ss(8)).
    return frozenset(int(line.split()[3].rpartition(":")[2]) for line in listed.stdout.splitlines())


def data_path_port(machine: Machine) -> int:
    """The port of the overlay networks' traffic, as the engine says. Raises EngineRefused where it does not tell."""
    asked = machine.engine.typed("info --format '{{.Swarm.Cluster.DataPathPort}}'", why=said("read the port"))
    return int(asked.or_raise())
