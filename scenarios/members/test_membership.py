"""Who belongs to a swarm: what the guides say of demoting, removing, joining again, and being well."""

from swarmdrill.base.messages import Message, said
from swarmdrill.base.trace import phase
from swarmdrill.base.waiting import reached
from swarmdrill.members import membership
from swarmdrill.observe.verdicts import expect, expecting, require
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.views import describe_members
from swarmdrill.workload import services, tasks


@scenario(id="last-manager-cannot-be-demoted", title=said("The last manager cannot be demoted"), claims=("A4",))
def test_last_manager_cannot_be_demoted(cluster: Cluster) -> None:
    """Every manager but one becomes a worker, and the engine refuses to demote the one that is left."""
    last = cluster.leader()
    with phase("demote every manager but the leader"):
        for member in cluster.followers():
            reply = membership.demote(member, through=last)
            require(said("{member} is demoted", member=member), holds=reply.done, observed=reply.describe())
            membership.wait_worker(cluster, last, member)

    reply = membership.demote(last, through=last)

    # Which of the two it says depends on whether the raft member of the last one demoted is gone already
    # (swarmkit manager/controlapi/node.go, UpdateNode).
    refused = reply.refused("last manager", "loss of quorum")
    expect(("A4",), said("the engine refuses"), holds=refused, observed=reply.describe())


@scenario(id="node-inspect-says-who-is-well", title=said("Node inspect says who is well"), claims=("A5",))
def test_node_inspect_says_who_is_well(cluster: Cluster) -> None:
    """A manager whose engine is stopped is down and unreachable for the others, and well again afterwards.

    `docker node ls` and `docker node inspect` are asked of the same manager, and each has to say so of every member.
    """
    watching, stopped = cluster.leader(), cluster.followers()[0]
    well = {machine.name: "ready reachable" for machine in cluster.managers}
    well |= {machine.name: "ready" for machine in cluster.workers}

    def both_say(what: Message, states: dict[str, str]) -> Message:
        found = membership.wait_members(cluster, watching, what, states)
        inspected = membership.wait_inspected(cluster, watching, what, states)
        return said(
            "{what}: ls says {listed}; inspect says {inspected}",
            what=what,
            listed=describe_members(found),
            inspected=inspected,
        )

    with expecting(("A5",), said("both say down and unreachable while stopped, else ready and reachable")) as seen:
        seen.append(both_say(said("all are well"), well))
        stopped.stop_docker()
        seen.append(both_say(said("one is down"), well | {stopped.name: "down unreachable"}))
        stopped.start_docker()
        seen.append(both_say(said("all are well again"), well))


@scenario(id="remove-and-rejoin", title=said("Remove a manager and let it join again"), claims=("A7", "A8"))
def test_remove_and_rejoin(cluster: Cluster) -> None:
    """A manager cannot be removed before it is demoted; then it can, by force while it lives, and joins again."""
    through, member = cluster.leader(), cluster.followers()[0]

    reply = membership.remove(member.name, through=through, force=True)
    expect(("A8",), said("a manager cannot be removed"), holds=reply.refused("demote"), observed=reply.describe())
    with phase("demote {member}", member=member):
        membership.demote(member, through=through)
        membership.wait_worker(cluster, through, member)
    reply = membership.remove(member.name, through=through)
    expect(
        ("A8",),
        said("a node that is not down cannot be removed"),
        holds=reply.refused("down"),
        observed=reply.describe(),
    )
    reply = membership.remove(member.name, through=through, force=True)
    expect(("A8",), said("with --force it can"), holds=reply.done, observed=reply.describe())

    with expecting(("A7",), said("after demoting, removing and leaving, the machine joins as a manager")) as seen:
        membership.leave(member)
        reply = membership.join_with(member, membership.tokens(through).manager, through)
        seen.append(reply.describe())
        cluster.wait_ready()


@scenario(id="tasks-are-not-rebalanced", title=said("Tasks stay where they are when a node returns"), claims=("A18",))
def test_tasks_are_not_rebalanced(cluster: Cluster) -> None:
    """A node that was away gets no task of a service that moved; `docker service update --force` spreads them again."""
    through, away = cluster.leader(), cluster.followers()[0]
    names = {machine.name for machine in cluster.machines}
    count = 2 * len(names)
    with phase("a service with two tasks on every machine"):
        services.create(through, "spread", replicas=count)
        services.wait_placed(cluster, through, "spread", said("on every machine"), lambda found: set(found) == names)
    with phase("{away} goes away and comes back", away=away):
        away.stop_docker()
        services.wait_placed(
            cluster,
            through,
            "spread",
            said("all run, none on {away}", away=away),
            lambda found: away.name not in found and sum(found.values()) == count,
        )
        away.start_docker()
        cluster.wait_ready()
    node = next(node.id for node in membership.members(through) if node.hostname == away.name)
    stayed, answer = reached(lambda: tasks.stay_off(cluster, through, "spread", node))
    expect(
        ("A18",),
        said("{away} gets none within {seconds} s", away=away, seconds=tasks.STAY_SECONDS),
        holds=stayed,
        observed=answer,
    )
    with expecting(("A18",), said("an update by force spreads the tasks again")) as seen:
        services.spread(through, "spread")
        seen.append(
            services.wait_placed(
                cluster,
                through,
                "spread",
                said("on every machine again"),
                lambda found: set(found) == names and sum(found.values()) == count,
            )
        )


@scenario(
    id="tasks-of-a-removed-node",
    title=said("A node leaves, joins again, and its old entry goes"),
    claims=("moby#34122", "moby#30059"),
)
def test_tasks_of_a_removed_node(cluster: Cluster) -> None:
    """As long as the old entry is there, its task is listed as running, which it is not; with the entry that ends."""
    through, member = cluster.leader(), cluster.followers()[0]
    with phase("{member} is a worker, and every machine has a task", member=member):
        membership.demote(member, through=through)
        membership.wait_worker(cluster, through, member)
        services.run_everywhere(cluster, through, "everywhere")
        old = next(node.id for node in membership.members(through) if node.hostname == member.name)
    with phase("{member} leaves", member=member):
        membership.leave(member)
        membership.wait_lost(cluster, through, member)
    with expecting(("moby#30059",), said("when it has joined again it is listed twice")) as seen:
        seen.append(membership.join_with(member, membership.tokens(through).worker, through).describe())
        seen.append(membership.wait_twice(cluster, through, member))
    before = [task for task in tasks.listed(through, "everywhere") if task.node == old]
    require(said("the old entry has a task"), holds=bool(before), observed=tasks.describe(before))

    reply = membership.remove(old, through=through)
    require(said("the old entry is removed"), holds=reply.done, observed=reply.describe())

    ids = {task.id for task in before}
    ended, after = reached(lambda: tasks.wait_not_running(cluster, through, "everywhere", ids))
    expect(
        ("moby#34122",),
        said("its task stays as running for {seconds} s", seconds=tasks.STAY_SECONDS),
        holds=not ended,
        observed=said(
            "before: {tasks}; {reply}; {after}",
            tasks=tasks.describe(before),
            reply=reply.describe(),
            after=after,
        ),
    )
