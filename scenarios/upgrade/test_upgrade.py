"""The engines' version changes: between backup and restore, and one manager after another while the swarm runs."""

from collections.abc import Callable

import pytest

from swarmdrill.base.messages import Message, in_turn, said
from swarmdrill.base.settings import Settings
from swarmdrill.base.trace import phase
from swarmdrill.base.waiting import reached
from swarmdrill.machines.capabilities import ENGINE_CHANGE
from swarmdrill.observe.state import changes, difference, state_of
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures import upgrade
from swarmdrill.procedures.interface import Procedure
from swarmdrill.pytestplugin.markers import Shape, case, scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.workload import network as workload_network, services
from swarmdrill.workload.stack import Stack

Choose = Callable[[str], upgrade.EngineChange]


def path(id_: str, choose: Choose) -> object:
    """A case whose lab has the engine that its path begins with."""
    return case(choose, id=id_, shape=Shape(engine=lambda run: choose(run).before))


@scenario(
    id="backup-of-another-version",
    title=said("Backup of another engine version"),
    claims=("E4",),
    needs=(ENGINE_CHANGE,),
    severity="critical",
    restarts=4,
)
@pytest.mark.parametrize(
    "choose",
    [
        path("upgrade to the newest", upgrade.to_newest),
        path("upgrade from the oldest", upgrade.from_oldest),
        path("downgrade from the newest", upgrade.back),
    ],
)
def test_backup_of_another_version(
    cluster: Cluster, procedure: Procedure, stack: Stack, drill_settings: Settings, choose: Choose
) -> None:
    """The managers are backed up, all get another engine, the stack is removed, and the backup is restored.

    If the swarm does not even go on with the other engine, that is part of the evidence; the restore is tried all the
    same, since its state comes from the backup.
    """
    versions = choose(drill_settings.engine)
    upgrade.provide(cluster, versions.after)
    stack.bring_up(cluster)
    kept = state_of(cluster.client)
    backup = procedure.backup(cluster)

    def go_on() -> Message:
        upgrade.change_engine(cluster, cluster.managers, versions.after)
        cluster.wait_ready()
        stack.take_away(cluster)
        return said("the swarm goes on with {version}", version=versions.after)

    def restore() -> Message:
        procedure.restore(cluster, backup)
        cluster.wait_ready()
        stack.wait_running(cluster)
        return said("the stack runs on every manager; {changes}", changes=changes(kept, state_of(cluster.client)))

    went_on, before = reached(go_on)
    restored, after = reached(restore)
    expect(
        ("E4",),
        said("{before}'s backup does not come back on {after}", before=versions.before, after=versions.after),
        holds=not restored or bool(difference(kept, state_of(cluster.client))),
        observed=said(
            "{versions}: {before}; then restored: {after}", versions=versions.describe(), before=before, after=after
        ),
    )
    expect(
        (),
        said("the swarm goes on when {versions} is changed", versions=versions.describe()),
        holds=went_on,
        observed=before,
    )


REPLICATED, GLOBAL, PUBLISHED = "three", "everywhere", "port"


@scenario(
    id="rolling-upgrade",
    title=said("Rolling upgrade"),
    claims=("moby#35941", "moby#36712"),
    needs=(ENGINE_CHANGE,),
    shape=Shape(managers=3, engine=lambda run: upgrade.to_newest(run).before),
    severity="critical",
    restarts=4,
)
def test_rolling_upgrade(cluster: Cluster, drill_settings: Settings) -> None:
    """One manager after another gets the newest engine, the leader last, and services run all the while.

    After each step every manager has to be ready, the upgraded one has to take part in the ingress network, and the
    services' tasks have to be where they should be. Only the last step, the leader's, needs an election.
    """
    versions = upgrade.to_newest(drill_settings.engine)
    upgrade.provide(cluster, versions.after)
    leader = cluster.leader()
    with phase("a replicated and a global service, and one with a published port"):
        services.create(leader, REPLICATED, replicas=len(cluster.managers))
        services.create(leader, GLOBAL, everywhere=True)
        services.create(leader, PUBLISHED, everywhere=True, port=8080)
        run_as_they_should(cluster)
    kept, network = state_of(cluster.client), workload_network.network_id(leader)
    limit = upgrade.longest_leaderless(cluster)
    steps: list[upgrade.Upgraded] = []
    for machine in (*cluster.followers(), leader):
        step = upgrade.upgrade(cluster, machine, versions.after)
        steps.append(step)
        if step.stuck(limit):
            break
        expect_ingress(cluster, machine, network, versions, last=machine == leader)
        with expecting((), said("every service has its tasks")) as seen:
            seen.append(run_as_they_should(cluster))
        now = state_of(machine.engine)
        expect(
            (), said("the same objects with the same ids"), holds=not difference(kept, now), observed=changes(kept, now)
        )
    expect(
        ("moby#36712",),
        said("a manager does not come back, or the others have no leader for more than {limit:.0f} s", limit=limit),
        holds=any(step.stuck(limit) for step in steps),
        observed=said("{versions}: {steps:;}", versions=versions.describe(), steps=[step.describe() for step in steps]),
    )


def expect_ingress(
    cluster: Cluster, machine: Machine, network: str, versions: upgrade.EngineChange, *, last: bool
) -> None:
    """The verdict on moby#35941 for a manager that was just upgraded; of the last one the thread says nothing."""
    there, answer = workload_network.joined(cluster, machine, network)
    observed = said("{versions}: {answer}", versions=versions.describe(), answer=answer)
    if last:
        expect(
            (),
            said("{machine}, upgraded last, has the ingress network", machine=machine),
            holds=there,
            observed=observed,
        )
    else:
        what = said("{machine}, upgraded before others, has no ingress network", machine=machine)
        expect(("moby#35941",), what, holds=not there, observed=observed)


def run_as_they_should(cluster: Cluster) -> Message:
    """Wait until containers of every service run where they should, as the machines say; return where they run."""
    replicas, machines = len(cluster.managers), len(cluster.machines)

    def runs(name: str, what: Message, holds: Callable[[services.Placement], bool]) -> Message:
        return said(
            "{service}: {placement}", service=name, placement=services.wait_contained(cluster, name, what, holds)
        )

    return in_turn(
        [
            runs(REPLICATED, said("{number} in all", number=replicas), lambda found: sum(found.values()) == replicas),
            *(
                runs(name, said("on every machine"), lambda found: len(found) == machines)
                for name in (GLOBAL, PUBLISHED)
            ),
        ]
    )
