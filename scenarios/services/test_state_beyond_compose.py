"""State that no compose file holds: lost with the swarm, back with the restore."""

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.observe.state import changes, state_of
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload import services
from swarmdrill.workload.objects import (
    create_config,
    create_network,
    create_secret,
    label_node,
    remove_objects,
    unlabel_node,
    wait_everywhere,
    wait_nowhere,
)
from swarmdrill.workload.options import Mounted
from swarmdrill.workload.stack import Stack
from swarmdrill.workload.tasks import read_files

SECRET = "not in any compose file"
SECRET_FILE = "/run/secrets/password"


@scenario(
    id="state-beyond-compose",
    title=said("State beyond compose files"),
    claims=("D1", "D2"),
    severity="critical",
    restarts=2,
)
def test_state_beyond_compose(cluster: Cluster, procedure: Procedure, stack: Stack) -> None:
    """A secret, a config, a service, a node label and an overlay network made by command survive only as a backup.

    After the restore they have the ids that they had, and so have the nodes, the network's subnet and VXLAN
    id, and the cluster itself. Deploying from the compose file again cannot bring the secret back.
    """
    client, labelled = cluster.client, cluster.managers[-1].name
    with phase("make a stack, and objects by command"):
        stack.deploy(cluster)
        create_secret(client, "password", SECRET)
        create_config(client, "settings", "made by command")
        create_network(client, "backbone", "10.214.0.0/24")
        services.create(cluster.managers[0], "keeper", secrets=[Mounted("password")], networks=["backbone"])
        label_node(client, labelled, "zone", "north")
        stack.wait_running(cluster)
        content = read_files(cluster, "keeper", SECRET_FILE)
    backed_up = state_of(client)

    backup = procedure.backup(cluster)

    with phase("lose everything"):
        stack.remove(cluster)
        remove_objects(client, service="keeper", secret="password", config="settings", network="backbone")
        unlabel_node(client, labelled, "zone")
        stack.wait_gone(cluster)
        wait_nowhere(cluster, "secret/password")
    with phase("deploy again from the compose file"):
        stack.deploy(cluster)
        stack.wait_running(cluster)
        redeployed = state_of(client)
    lost = {"secret/password", "config/settings", "service/keeper", "network/backbone"} - set(redeployed.objects)
    expect(
        ("D2",),
        said("the compose file brings back neither secret nor config, service or network made by command"),
        holds=len(lost) == 4 and not redeployed.has_label("zone", "north"),
        observed=said("not back: {lost:,}", lost=sorted(lost)),
    )

    procedure.restore(cluster, backup)

    with expecting(("D1", "D2"), said("the service made by command runs again and reads its secret")) as seen:
        seen.append(stack.wait_running(cluster))
        wait_everywhere(cluster, "secret/password")
        restored = read_files(cluster, "keeper", SECRET_FILE)
    expect(
        ("D2",),
        said("the secret has its content"),
        holds=restored == content == SECRET,
        observed=said("the task reads {restored!r}", restored=restored),
    )
    after = state_of(client)
    expect(
        ("D1", "D2"),
        said("same ids of cluster, nodes and objects, same label, subnet and VXLAN id"),
        holds=after == backed_up,
        observed=changes(backed_up, after),
    )
