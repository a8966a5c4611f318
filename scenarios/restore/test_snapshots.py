"""Snapshots of the machines in the place of copies of the state directory."""

import pytest

from swarmdrill.base import trace
from swarmdrill.base.errors import ConditionNotMet, MachineErrors
from swarmdrill.base.messages import in_turn, of_error, said
from swarmdrill.base.trace import phase
from swarmdrill.machines.capabilities import SNAPSHOTS
from swarmdrill.observe.engine_state import PANIC, disagreements
from swarmdrill.observe.state import changes, state_of
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import ELECTION_SECONDS, Cluster
from swarmdrill.swarm.logs import LogMark
from swarmdrill.swarm.replies import EngineError
from swarmdrill.swarm.snapshots import roll_back, snapshot
from swarmdrill.workload.objects import agreed_configs, create_config, wait_everywhere, wait_nowhere
from swarmdrill.workload.stack import Stack

BACKUP = "backup"


@scenario(
    id="snapshots-of-every-manager",
    title=said("Snapshots instead of copies"),
    claims=("D7",),
    needs=(SNAPSHOTS,),
    severity="critical",
)
def test_snapshots_of_every_manager(cluster: Cluster, stack: Stack) -> None:
    """Every manager is kept with its memory at one point in time; all are rolled back, and the stack is back.

    The swarm is the one that it was, without an election: each manager goes on where it stood.
    """
    stack.bring_up(cluster)
    with phase("snapshot every manager at one point in time"):
        kept = state_of(cluster.client)
        snapshot(cluster, BACKUP)
    stack.take_away(cluster)
    with phase("create a config that only the newest state has"):
        create_config(cluster.client, "newest", "made after the snapshot")

    with phase("roll every manager back"):
        roll_back(cluster, BACKUP)

    with expecting(("D7",), said("rolling every manager back brings the stack back")) as seen:
        cluster.wait_ready()
        seen.append(stack.wait_running(cluster))
        wait_nowhere(cluster, "config/newest")
    after = state_of(cluster.client)
    expect(("D7",), said("same ids and content as before"), holds=after == kept, observed=changes(kept, after))


@scenario(
    id="snapshot-of-one-manager",
    title=said("Snapshot of one manager"),
    claims=("D6", "D7"),
    needs=(SNAPSHOTS,),
    severity="critical",
)
@pytest.mark.parametrize("rolled_back", ["leader", "follower"])
def test_snapshot_of_one_manager(cluster: Cluster, stack: Stack, rolled_back: str) -> None:
    """One manager is rolled back while the others run on: they have the newest state, and it follows them.

    Its connections are of another time, so it starts elections, or leads nobody for some seconds, until one with a
    longer log is elected (raft paper, section 5.4.1).
    """
    if len(cluster.managers) < 3:
        pytest.skip("needs three managers or more: with fewer, one manager is a majority")
    with phase("deploy the stack, snapshot every manager, remove the stack"):
        stack.deploy(cluster)
        stack.wait_running(cluster)
        snapshot(cluster, BACKUP)
        stack.remove(cluster)
        stack.wait_gone(cluster)
        create_config(cluster.client, "newest", "made after the snapshot")
    chosen = cluster.leader() if rolled_back == "leader" else cluster.followers()[0]

    with phase("roll {chosen}, the {rolled_back}, back", chosen=chosen, rolled_back=rolled_back):
        roll_back(cluster, BACKUP, [chosen])

    with expecting(
        ("D6", "D7"), said("every manager has the newest state; only {chosen} was rolled back", chosen=chosen)
    ) as seen:
        wait_everywhere(cluster, "config/newest", seconds=ELECTION_SECONDS)
        cluster.wait_ready()
        seen.append(stack.wait_gone(cluster))


@scenario(
    id="snapshots-at-different-times",
    title=said("Snapshots taken at different times"),
    claims=("R3",),
    needs=(SNAPSHOTS,),
    severity="critical",
)
def test_snapshots_at_different_times(cluster: Cluster) -> None:
    """Managers are kept one after another with changes in between, and all are rolled back.

    What a majority of the snapshots has is back for sure, what is in none of them is gone for sure. What only the
    last one has comes back if that manager, whose log is the longest, gets or hears of the election: it can go
    either way.
    """
    order = cluster.managers
    # Rolled back with the machine, its log goes on from there.
    mark = LogMark({})
    with phase("snapshot the managers one after another, with a change before each"):
        for number, machine in enumerate(order):
            create_config(cluster.client, f"change{number}", "made between the snapshots")
            wait_everywhere(cluster, f"config/change{number}")
            mark |= cluster.mark([machine])
            snapshot(cluster, BACKUP, [machine])
        create_config(cluster.client, "newest", "made after the last snapshot")

    with phase("roll every manager back"):
        roll_back(cluster, BACKUP)
    majority = len(order) // 2 + 1
    certain = {f"change{number}" for number in range(len(order) - majority + 1)}
    possible = {f"change{number}" for number in range(len(order))}
    names = agreement(cluster, f"config/{max(certain)}")
    outcome = said("the managers do not agree")
    if names is not None:
        outcome = said("all agree on {names:,}", names=sorted(names))
    answer = disagreements(mark)
    seen = in_turn(
        [outcome, *(said("{machine}: {words:,}", machine=name, words=words) for name, words in answer.items() if words)]
    )
    kinds = sorted({each for words in answer.values() for each in words})
    trace.trial(seen, {said("engines' complaints"): said("{complaints:,}", complaints=kinds)})
    expect(
        ("R3",),
        said("all managers agree on one state, and no engine panics"),
        holds=names is not None and PANIC not in kinds,
        observed=seen,
    )
    if names is not None:
        expect(
            (),
            said("it has {certain:,}, and nothing newer than the last snapshot", certain=sorted(certain)),
            holds=certain <= names <= possible,
            observed=seen,
        )


def agreement(cluster: Cluster, certain: str) -> frozenset[str] | None:
    """The configs that all managers come to agree on, among them a certain one; None where they do not.

    An engine that panicked does not answer, and its machine does: that is no broken lab.
    """
    try:
        wait_everywhere(cluster, certain, seconds=ELECTION_SECONDS)
        cluster.wait_ready()
        return agreed_configs(cluster)
    except MachineErrors as problem:
        if not all(isinstance(cause, EngineError | ConditionNotMet) for cause in problem.causes.values()):
            raise
        trace.observe(said("why they do not agree"), of_error(problem))
    except (ConditionNotMet, EngineError) as problem:
        trace.observe(said("why they do not agree"), of_error(problem))
    return None
