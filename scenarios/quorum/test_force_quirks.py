"""What forcing a new cluster, and demoting the leader, are said to break."""

from swarmdrill.base.messages import in_turn, said
from swarmdrill.base.trace import phase
from swarmdrill.base.waiting import reached
from swarmdrill.faults import engines
from swarmdrill.members import autolock, membership, quorum
from swarmdrill.members.repair import ask_new_cluster
from swarmdrill.observe.engine_state import settled_state
from swarmdrill.observe.ports import DATA_PATH_PORT, data_path_port
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.views import describe_members

OTHER_PORT = 5789


@scenario(
    id="data-path-port-is-ignored",
    title=said("Another data path port with a forced new cluster"),
    claims=("swarmkit#2932",),
    severity="minor",
)
def test_data_path_port_is_ignored(cluster: Cluster) -> None:
    """`--data-path-port` together with `--force-new-cluster` is accepted, and changes nothing."""
    survivor = cluster.leader()
    engines.kill_engines(cluster, cluster.followers())
    reply = ask_new_cluster(survivor, data_path_port=OTHER_PORT)
    quorum.wait_managed(cluster, survivor)
    port = data_path_port(survivor)
    expect(
        ("swarmkit#2932",),
        said("the port is what it was"),
        holds=reply.done and port == DATA_PATH_PORT,
        observed=said("{reply}; the port is {port}", reply=reply.describe(), port=port),
    )


@scenario(
    id="force-with-autolock",
    title=said("A new cluster cannot be forced with auto-lock"),
    claims=("moby#36852",),
    severity="critical",
)
def test_force_with_autolock(cluster: Cluster) -> None:
    """The manager asks to be unlocked, which it was, and is then said to be in no swarm."""
    survivor = cluster.leader()
    autolock.switch(survivor, on=True)
    key = autolock.key(survivor)
    engines.kill_engines(cluster, cluster.followers())
    forced = ask_new_cluster(survivor)
    unlocked = autolock.unlock(survivor, key)
    state = settled_state(cluster, survivor)
    expect(
        ("moby#36852",),
        said("forcing is refused for want of the key, and unlocking since it is in no swarm"),
        holds=forced.refused("unlock") and unlocked.refused("not part of a swarm"),
        observed=said(
            "{forced}; {unlocked}; {state}",
            forced=forced.describe(),
            unlocked=unlocked.describe(),
            state=state.describe(),
        ),
    )


@scenario(id="leader-is-demoted", title=said("The leader is demoted"), claims=("moby#34384",))
def test_leader_is_demoted(cluster: Cluster) -> None:
    """Another manager asks for it; the thread saw no leader afterwards, and no way to force one."""
    former, other = cluster.leader(), cluster.followers()[0]
    with phase("demote {former}, the leader", former=former):
        reply = membership.demote(former, through=other)
    led, answer = reached(lambda: quorum.wait_managed(cluster, other).describe())
    seen, forced = [reply.describe(), answer], led
    if not led:
        again = ask_new_cluster(other)
        forced = again.done
        seen.append(again.describe())
    expect(
        ("moby#34384",),
        said("no manager leads, and a new cluster cannot be forced"),
        holds=not led and not forced,
        observed=in_turn(seen),
    )
    if led:
        with expecting((), said("another manager leads, and the former leader is a worker")) as seen:
            membership.wait_worker(cluster, other, former)
            seen.append(describe_members(membership.members(other)))
