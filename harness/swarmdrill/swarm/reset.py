"""Give a cluster back as it was after boot: an empty swarm on the same machines."""

from swarmdrill.base import trace
from swarmdrill.base.errors import ConditionNotMet, LabBroken
from swarmdrill.base.messages import said
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.formation import form
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.snapshots import GOLDEN, roll_back


def reset(cluster: Cluster) -> None:
    """Roll the machines back to their golden state where there is one; else wipe the engines and form a new swarm.

    Raises LabBroken when a machine cannot be brought back.
    """
    try:
        _reset(cluster)
    except ConditionNotMet as problem:  # nothing of a scenario's is left that this could say anything of
        raise LabBroken(said("the lab cannot be reset: {problem}", problem=problem)) from problem


def _reset(cluster: Cluster) -> None:
    with trace.phase("reset to an empty swarm"):
        names = [machine.name for machine in cluster.machines]
        if cluster.hypervisor.has(GOLDEN, names):
            roll_back(cluster, GOLDEN)
            cluster.hypervisor.forget_all_but(GOLDEN, names)
            cluster.wait_ready()
            return
        cluster.on_each(Machine.wipe_engine, cluster.machines)
        cluster.wait_engines(cluster.machines)
        form(cluster)
