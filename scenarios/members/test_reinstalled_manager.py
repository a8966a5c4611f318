"""Managers lose their state directory and join again, without having been removed first."""

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.base.waiting import reached
from swarmdrill.faults import engines
from swarmdrill.members import membership, quorum
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster


@scenario(
    id="reinstalled-managers-join-again",
    title=said("Reinstalled managers join again"),
    claims=("moby#34722", "moby#30059"),
    severity="critical",
)
def test_reinstalled_managers_join_again(cluster: Cluster) -> None:
    """The first one counts twice from then on, as itself and as the dead one; the second one costs the quorum."""
    leader, first, second = cluster.leader(), *cluster.followers()[:2]
    token = membership.tokens(leader).manager
    engines.lose_for_good(cluster, [first])
    with phase("{first} is installed anew and joins under its old name", first=first):
        cluster.start_docker([first])
        cluster.wait_engines([first])
        reply = membership.join_with(first, token, leader)
    with expecting(("moby#30059",), said("it is listed twice, once as down")) as seen:
        seen += [reply.describe(), membership.wait_twice(cluster, leader, first)]

    engines.lose_for_good(cluster, [second])
    lost, answer = reached(lambda: quorum.wait_leaderless(cluster, leader).describe())
    with phase("{second} is installed anew and tries to join", second=second):
        cluster.start_docker([second])
        cluster.wait_engines([second])
        reply = membership.join_with(second, token, leader)
    expect(
        ("moby#34722",),
        said("two of four members are left, so there is no leader, and nobody can join"),
        holds=lost and not reply.done,
        observed=said("{answer}; {reply}", answer=answer, reply=reply.describe()),
    )
