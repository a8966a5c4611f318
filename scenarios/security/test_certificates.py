"""Join tokens, node certificates and the root CA."""

from datetime import timedelta

import pytest

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.members import membership, pki
from swarmdrill.observe import state_directory
from swarmdrill.observe.held_states import BACKED_UP, make_old_state
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import Shape, case, scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.formation import keep_snapshots
from swarmdrill.workload import writes
from swarmdrill.workload.objects import wait_everywhere

MINUTE = timedelta(minutes=1)


@scenario(id="certificate-lifetime", title=said("How long certificates last"), claims=("P1",), severity="minor")
def test_certificate_lifetime(cluster: Cluster) -> None:
    """90 days by default, one hour at least."""
    manager = cluster.managers[0]
    answer, issued = pki.default_expiry(manager), pki.certificate(manager).lifetime
    # The certificate begins an hour before it is issued, for clocks that are behind (swarmkit ca/certificates.go).
    slack = timedelta(hours=1) + 5 * MINUTE
    expect(
        ("P1",),
        said("90 days by default"),
        holds=answer == timedelta(days=90) and abs(issued - answer) <= slack,
        observed=said(
            "the swarm issues for {days} days; this one lasts {issued}", days=answer.days, issued=str(issued)
        ),
    )
    short, hour = (pki.set_expiry(manager, lifetime) for lifetime in (59 * MINUTE, 60 * MINUTE))
    expect(
        ("P1",),
        said("one hour is accepted, less is refused"),
        holds=short.refused("minimum") and hour.done,
        observed=said("{short}; {hour}", short=short.describe(), hour=hour.describe()),
    )


@scenario(
    id="root-rotation-invalidates-tokens",
    title=said("A new root CA makes old join tokens invalid"),
    claims=("P2",),
)
def test_root_rotation_invalidates_tokens(cluster: Cluster) -> None:
    """After `docker swarm ca --rotate` a machine cannot join with the token of before, and can with the new one."""
    leader, joining = cluster.leader(), cluster.followers()[0]
    old = membership.tokens(leader)
    with phase("{joining} leaves, and the root CA is rotated", joining=joining):
        membership.demote(joining, through=leader)
        membership.wait_worker(cluster, leader, joining)
        membership.leave(joining)
        membership.remove(joining.name, through=leader, force=True)
        pki.rotate_root(leader)
    refused = membership.join_with(joining, old.manager, leader)
    expect(("P2",), said("the old token is refused"), holds=refused.refused(), observed=refused.describe())
    with expecting(("P2",), said("the new token is accepted")) as seen:
        seen.append(membership.join_with(joining, membership.tokens(leader).manager, leader).describe())
        cluster.wait_ready()


@scenario(id="snapshots-kept", title=said("How many snapshots of the log are kept"), claims=("P4",), severity="minor")
@pytest.mark.parametrize("kept", [0, 3])
def test_snapshots_kept(cluster: Cluster, kept: int) -> None:
    """`--max-snapshots` is the number of older snapshots that stay beside the newest."""
    leader = cluster.leader()
    keep_snapshots(leader, interval=5, older=kept)
    with phase("many changes, each a snapshot"):
        writes.write(leader, 60)
    with expecting(("P4",), said("the newest snapshot and {kept} older ones", kept=kept)) as seen:
        seen.append(state_directory.wait_snapshots(cluster, leader, kept + 1))


@scenario(
    id="rotated-after-the-backup",
    title=said("Tokens or root CA rotated after the backup"),
    claims=("E5",),
    restarts=2,
)
@pytest.mark.parametrize("rotated", ["tokens", case("root CA", shape=Shape(workers=1))])
def test_rotated_after_the_backup(cluster: Cluster, procedure: Procedure, rotated: str) -> None:
    """A restore brings the old tokens and the old root CA back; what was handed out since is worth nothing.

    A worker is not restored: with a root CA rotated since, it has a certificate that the restored managers do not
    trust, and it trusts none of theirs. It has to leave and join again.
    """
    client = cluster.managers[0]
    make_old_state(cluster)
    old, root = membership.tokens(client), pki.certificate(client).fingerprint
    backup = procedure.backup(cluster)
    with phase("rotate the {rotated}", rotated=rotated):
        if rotated == "tokens":
            new = membership.rotate_tokens(client)
        else:
            pki.rotate_root(client)
            new = membership.tokens(client)

    procedure.restore(cluster, backup)

    now = membership.tokens(client)
    expect(
        ("E5",),
        said("tokens and root CA are the backup's"),
        holds=now == old != new and pki.certificate(client).fingerprint == root,
        observed=said("the tokens are the old ones") if now == old else said("the tokens are other ones"),
    )
    if rotated == "tokens":
        with expecting(("E5",), said("every node is ready")) as seen:
            cluster.wait_ready()
            wait_everywhere(cluster, f"config/{BACKED_UP}")
            seen.append(said("all nodes are ready"))
        return
    worker = cluster.workers[0]
    with expecting((), said("the worker, which has a certificate of the newer root CA, is lost to the swarm")) as seen:
        seen.append(membership.wait_lost(cluster, client, worker))
    with expecting((), said("it leaves and joins again")) as seen:
        membership.leave(worker)
        membership.remove(worker.name, through=client, force=True)
        seen.append(membership.join_with(worker, now.worker, client).describe())
        cluster.wait_ready()
