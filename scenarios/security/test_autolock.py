"""Auto-lock: which key opens a manager that was restarted, that was away, or that was restored."""

import pytest

from swarmdrill.base.messages import said
from swarmdrill.base.trace import phase
from swarmdrill.faults import engines
from swarmdrill.members import autolock, membership, quorum
from swarmdrill.members.conditions import LEADERLESS
from swarmdrill.observe.held_states import BACKED_UP, NEWEST, make_newest_state, make_old_state
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.steps import DocumentSteps
from swarmdrill.procedures.unlocking import Unlocking
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.objects import wait_everywhere, wait_nowhere


@scenario(
    id="locked-manager-restarts",
    title=said("A manager of a locked swarm restarts"),
    claims=("L1", "L2", "L3"),
    severity="critical",
)
def test_locked_manager_restarts(cluster: Cluster) -> None:
    """It wants the key, takes no other, and a machine that joins needs none. The key is told only with a quorum."""
    leader, restarted, other = cluster.leader(), *cluster.followers()
    autolock.switch(leader, on=True)
    key = autolock.key(leader)

    with phase("restart the engine of {restarted}", restarted=restarted):
        restarted.stop_docker()
        restarted.start_docker()
        answer = autolock.wait_locked(cluster, [restarted])
    reply = autolock.ask_key(restarted)
    expect(
        ("L1",),
        said("management is refused until it is unlocked"),
        holds=reply.refused("unlock"),
        observed=said("{answer}; {reply}", answer=answer, reply=reply.describe()),
    )
    wrong = autolock.unlock(restarted, autolock.WRONG_KEY)
    expect(("L1",), said("another key is refused"), holds=wrong.refused("invalid key"), observed=wrong.describe())
    with expecting(("L1",), said("the key opens it")) as seen:
        seen.append(autolock.unlock(restarted, key).describe())
        autolock.wait_unlocked(cluster, [restarted])
        cluster.wait_ready()

    with phase("{other} leaves for good and joins again", other=other):
        membership.demote(other, through=leader)
        membership.wait_worker(cluster, leader, other)
        membership.leave(other)
        membership.remove(other.name, through=leader, force=True)
        joined = membership.join_with(other, membership.tokens(leader).manager, leader)
    with expecting(("L2",), said("it joins without any key")) as seen:
        seen.append(joined.describe())
        cluster.wait_ready()

    told = autolock.ask_key(leader)
    engines.kill_engines(cluster, [restarted, other])
    refused = quorum.wait_refused(cluster, leader, autolock.ask_key)
    expect(
        ("L3",),
        said("the key is told with a quorum, and without one it is not"),
        holds=told.done and refused.refused(*LEADERLESS),
        observed=said(
            "with a quorum: {with_it}; without: {without}",
            with_it=said("told") if told.done else told.text,
            without=refused.text,
        ),
    )


@scenario(id="key-rotated-while-down", title=said("The key is rotated while a manager is down"), claims=("L4",))
def test_key_rotated_while_down(cluster: Cluster) -> None:
    """The manager that was away wants the key that was valid when it went, and the new one at its next start."""
    leader, away = cluster.leader(), cluster.followers()[0]
    autolock.switch(leader, on=True)
    old = autolock.key(leader)
    with phase("rotate the key while {away} is down", away=away):
        away.stop_docker()
        new = autolock.rotate_key(leader)
        away.start_docker()
        autolock.wait_locked(cluster, [away])
    refused = autolock.unlock(away, new)
    expect(("L4",), said("the new key is refused"), holds=refused.refused("invalid key"), observed=refused.describe())
    with expecting(("L4",), said("the old key opens it")) as seen:
        seen.append(autolock.unlock(away, old).describe())
        autolock.wait_unlocked(cluster, [away])
        cluster.wait_ready()


@scenario(
    id="restore-locked",
    title=said("Restore a locked swarm"),
    claims=("A10", "A15", "E5"),
    severity="critical",
    restarts=2,
)
@pytest.mark.parametrize("key", ["same", "rotated"])
def test_restore_locked(cluster: Cluster, key: str) -> None:
    """The backup opens with the key that was valid when it was made, also when the swarm has got another one since.

    The key is not in the backup: whoever keeps only the newest key cannot restore an older backup.
    """
    leader = cluster.leader()
    autolock.switch(leader, on=True)
    then = autolock.key(leader)
    procedure = DocumentProcedure(Unlocking(DocumentSteps(), then))
    make_old_state(cluster)
    backup = procedure.backup(cluster)
    make_newest_state(cluster)
    now = autolock.rotate_key(cluster.leader()) if key == "rotated" else then

    with phase("restore every manager"):
        procedure.put_back(cluster, backup)
        cluster.start_docker()
    with expecting(("E5",), said("the unlock key is not in the backup: every manager asks for it")) as seen:
        seen.append(answer := autolock.wait_locked(cluster, cluster.managers))
    wrong = autolock.unlock(cluster.managers[0], autolock.WRONG_KEY if now == then else now)
    expect(
        ("A10", "A15"),
        said("a key that is not of the backup's time (a made-up one) is refused")
        if now == then
        else said("a key that is not of the backup's time (the newest) is refused"),
        holds=wrong.refused("invalid key"),
        observed=said("{answer}; {wrong}", answer=answer, wrong=wrong.describe()),
    )
    with expecting(
        ("A10",), said("the key of the backup's time opens every manager, and the old state is back")
    ) as seen:
        # All at the same time: the first one's reply comes when it has a leader, which takes a majority.
        replies = cluster.on_each(lambda machine: autolock.unlock(machine, then), cluster.managers)
        seen += [reply.describe() for reply in replies.values()]
        cluster.wait_ready()
        wait_everywhere(cluster, f"config/{BACKED_UP}")
        wait_nowhere(cluster, f"config/{NEWEST}")
    told = autolock.key(cluster.leader())
    expect(
        ("A15",),
        said("the restored swarm has the backup's key again"),
        holds=told == then,
        observed=said("the key is the same") if told == then else said("the key is another one"),
    )


@scenario(
    id="autolock-switched-after-the-backup",
    title=said("Auto-lock is switched after the backup"),
    claims=("A10",),
    restarts=2,
)
@pytest.mark.parametrize("later", ["on", "off"])
def test_autolock_switched_after_the_backup(cluster: Cluster, procedure: DocumentProcedure, later: str) -> None:
    """A restore brings the lock back as it was: open although the swarm was locked since, or locked although not."""
    leader = cluster.leader()
    make_old_state(cluster)
    if later == "on":
        backup = procedure.backup(cluster)
    else:
        autolock.switch(leader, on=True)
        key = autolock.key(leader)
        backup = DocumentProcedure(Unlocking(procedure.steps, key)).backup(cluster)
    make_newest_state(cluster)
    autolock.switch(cluster.leader(), on=later == "on")

    with phase("restore every manager"):
        procedure.put_back(cluster, backup)
        cluster.start_docker()
    if later == "on":
        with expecting(("A10",), said("no manager asks for a key: the backup was made before there was one")) as seen:
            seen.append(autolock.wait_unlocked(cluster, cluster.managers))
            cluster.wait_ready()
    else:
        with expecting(
            ("A10",), said("every manager asks for the key of the backup's time, and opens with it")
        ) as seen:
            seen.append(autolock.wait_locked(cluster, cluster.managers))
            cluster.on_each(lambda machine: autolock.unlock(machine, key), cluster.managers)
            cluster.wait_ready()
    wait_everywhere(cluster, f"config/{BACKED_UP}")
