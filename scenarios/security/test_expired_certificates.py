"""A backup that is older than its certificates: what fails, what is said, and what helps."""

from swarmdrill.base.errors import ConditionNotMet
from swarmdrill.base.messages import in_turn, said
from swarmdrill.base.trace import phase
from swarmdrill.machines.capabilities import OWN_CLOCK
from swarmdrill.members.repair import force_new_cluster, forget_swarm, rejoin
from swarmdrill.observe.engine_state import wait_complaint
from swarmdrill.observe.verdicts import expect, expecting, refused
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm import clock
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.objects import wait_everywhere
from swarmdrill.workload.stack import Stack

# Node certificates last 90 days (docker swarm init --cert-expiry, default 2160h0m0s).
TOO_LATE = 100


@scenario(
    id="restore-after-the-certificates-expired",
    title=said("Restore after the certificates expired"),
    claims=("P1", "P3", "moby#24132", "moby#42660", "swarmkit#1919"),
    needs=(OWN_CLOCK,),
    severity="critical",
    restarts=2,
)
def test_restore_after_the_certificates_expired(cluster: Cluster, procedure: DocumentProcedure, stack: Stack) -> None:
    """All managers are restored from a backup that is 100 days old: none takes part in a swarm, and says why.

    `docker swarm init --force-new-cluster` is refused there. Once the engine has forgotten that it is in a swarm, it
    takes the expired certificate, renews it, and keeps the state; the others join again.
    """
    stack.bring_up(cluster)
    backup = procedure.backup(cluster)
    stack.take_away(cluster)

    with phase("restore every manager, {days} days later", days=TOO_LATE):
        procedure.put_back(cluster, backup)
        clock.move(cluster, days=TOO_LATE)
        cluster.start_docker()
    with expecting(
        ("P1", "moby#24132"), said("no manager starts its swarm; each says that its certificate expired")
    ) as seen:
        seen.append(wait_complaint(cluster, cluster.managers, "certificate"))

    survivor, *others = cluster.managers
    with refused(ConditionNotMet) as refusal, phase("force a new cluster from {survivor}", survivor=survivor):
        force_new_cluster(cluster, survivor)
    expect(
        ("moby#42660",),
        said("it is refused as long as the engine is in a swarm that it cannot start"),
        holds=refusal.says("not a swarm manager"),
        observed=refusal.last_line,
    )
    with phase(
        "{survivor} forgets its swarm and forces a new one from the same state; the others join again",
        survivor=survivor,
    ):
        forget_swarm(survivor)
        cluster.wait_engines([survivor])
        force_new_cluster(cluster, survivor)
        rejoin(survivor, others)
    with expecting(("P3", "swarmkit#1919"), said("the swarm is whole again and has the state of the backup")) as seen:
        cluster.wait_ready()
        seen.append(stack.wait_running(cluster))
        wait_everywhere(cluster, "config/test_index")
    left = cluster.views()
    expect(
        ("P3",),
        said("as many nodes as machines are left"),
        holds=all(len(view.nodes) == len(cluster.machines) for view in left.values()),
        observed=in_turn(view.describe() for view in left.values()),
    )
