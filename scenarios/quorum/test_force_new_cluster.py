"""Docker's own procedure: one manager's backup, and a new cluster by force."""

import pytest

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.base.waiting import reached
from swarmdrill.members import membership
from swarmdrill.observe.held_states import BACKED_UP, NEWEST, make_newest_state, make_old_state
from swarmdrill.observe.state import changes, state_of
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.from_one import FromOne
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.views import describe_members
from swarmdrill.workload import services
from swarmdrill.workload.network import rejecting
from swarmdrill.workload.objects import create_network, create_secret, label_node, remove, wait_everywhere, wait_nowhere
from swarmdrill.workload.options import Mounted


@scenario(
    id="force-new-cluster",
    title=said("Force a new cluster from one backup"),
    claims=("A9", "A14", "A17", "P3", "E5", "portainer#2113", "libnetwork#1765"),
    severity="critical",
    restarts=1,
)
@pytest.mark.parametrize("restored", ["leader", "follower"])
def test_force_new_cluster(cluster: Cluster, restored: str) -> None:
    """One manager's backup is enough for everything that the swarm held, if a new cluster is forced from it.

    Everything of every kind is back with the same ids, and so are the join tokens and the cluster's own id. The other
    managers are listed as unknown or down until they join again and their old entries are removed.
    """
    procedure, first, client = FromOne(), cluster.managers[0], cluster.client
    with phase("a service, a secret, a network, a config, a node label"):
        make_old_state(cluster)
        create_secret(client, "password", "in no compose file")
        create_network(client, "backbone", "10.214.0.0/24")
        services.create(first, "keeper", secrets=[Mounted("password")], networks=["backbone"])
        for machine in cluster.machines:
            label_node(client, machine.name, "site", f"rack-{machine.name}")
        services.wait_placed(cluster, first, "keeper", said("runs"), lambda found: sum(found.values()) == 1)
    before, tokens = state_of(client), membership.tokens(first)
    backup = procedure.backup(cluster)
    make_newest_state(cluster)
    with phase("lose the rest too"):
        membership.rotate_tokens(first)
        services.remove(first, "keeper")
        remove(client, "secret", "password")
        # An engine that is stopped while it takes a task's network down leaves a VXLAN interface in the next one's way.
        services.wait_none_unwanted(cluster, first)

    chosen = cluster.leader() if restored == "leader" else cluster.followers()[0]
    others = [machine for machine in cluster.managers if machine != chosen]
    with expecting(("A9", "A14"), said("the swarm is back from {chosen}'s backup alone", chosen=chosen)):
        procedure.restore_one(cluster, backup, chosen)
    runs, answer = reached(
        lambda: services.wait_placed(
            cluster, chosen, "keeper", said("runs again"), lambda found: sum(found.values()) >= 1
        )
    )
    stuck = () if runs else rejecting(cluster, chosen, ["keeper"])
    expect(
        ("libnetwork#1765",),
        said("the engine cannot make the service's network, since the interface is there already"),
        holds=bool(stuck),
        observed=said("keeper: {answer}", answer=answer),
    )
    if not stuck:
        expect(("A9", "A14"), said("its service runs again"), holds=runs, observed=answer)
    after = state_of(chosen.engine)
    expect(
        ("portainer#2113",),
        said("the cluster has another id"),
        holds=before.cluster_id != after.cluster_id,
        observed=said("was {before}, is {after}", before=before.cluster_id, after=after.cluster_id),
    )
    expect(
        ("A17", "P3", "E5"),
        said("same cluster id, same services, secrets, configs, networks, nodes and labels"),
        holds=before == after,
        observed=changes(before, after),
    )
    same = membership.tokens(chosen) == tokens
    expect(
        ("E5",),
        said("the join tokens are the backup's"),
        holds=same,
        observed=said("same tokens") if same else said("other tokens"),
    )
    nodes = membership.members(chosen)
    expect(
        ("A17",),
        said("the other managers are out, and still listed"),
        holds=all(node.state in ("down", "unknown") for node in nodes if node.hostname != chosen.name),
        observed=describe_members(nodes),
    )
    procedure.rejoin(cluster, chosen, others)
    with expecting(
        ("A9", "A14"), said("after the others have joined, every manager has the old state and not the newest")
    ):
        wait_everywhere(cluster, f"config/{BACKED_UP}")
        wait_nowhere(cluster, f"config/{NEWEST}")
