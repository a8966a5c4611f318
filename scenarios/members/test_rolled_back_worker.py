"""A member that is no manager goes back in time, and is promoted."""

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.members import membership
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.live import backup_alone, restore_alone
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.objects import create_config, wait_everywhere


@scenario(
    id="worker-is-rolled-back-and-promoted",
    title=said("A worker is rolled back and promoted"),
    claims=("moby#34160",),
)
def test_worker_is_rolled_back_and_promoted(cluster: Cluster, procedure: DocumentProcedure) -> None:
    """A former manager gets its directory of an earlier time back, and becomes a manager again."""
    through, member = cluster.leader(), cluster.followers()[0]
    states = {machine.name: "ready reachable" for machine in cluster.managers} | {member.name: "ready"}
    with phase("demote {member}", member=member):
        membership.demote(member, through=through)
        membership.wait_worker(cluster, through, member)
    backup = backup_alone(procedure, member)
    with phase("change the state: what follows is not in the copy"):
        membership.wait_members(cluster, through, said("all are well"), states)
        create_config(through.engine, "meanwhile", "made after the copy")
    restore_alone(procedure, cluster, member, backup)
    membership.wait_members(cluster, through, said("all are well again"), states)

    reply = membership.promote(member, through=through)
    reachable, answer = membership.seen_reachable(cluster, through, member)
    expect(
        ("moby#34160",),
        said("it does not become a reachable manager"),
        holds=not reachable,
        observed=said("{reply}; {answer}", reply=reply.describe(), answer=answer),
    )
    with expecting((), said("it has what happened meanwhile")):
        wait_everywhere(cluster, "config/meanwhile")
