"""Restore on another machine, whose address is not the backup's."""

from swarmdrill.base.trace import phase
from swarmdrill.base.waiting import reached
from swarmdrill.members import membership
from swarmdrill.members.quorum import wait_leaderless
from swarmdrill.observe.held_states import BACKED_UP, begin, go_on
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.from_one import FromOne
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.objects import configs


@scenario(
    id="restore-on-another-machine",
    title="Restore on another machine",
    claims=("E1", "E3", "moby#48066", "moby#34306"),
    severity="critical",
    restarts=2,
)
def test_restore_on_another_machine(cluster: Cluster) -> None:
    """One manager's backup, on the machine of another one: the state is back, and nobody can join.

    The log has the old machine's address, and forcing a new cluster does not change it. So the list of managers and the
    join command name a machine that has nothing to do with the swarm any more; a manager that joins sends its answers
    there, and since there are two members now, the swarm has lost its quorum.
    """
    procedure = FromOne()
    origin, target, joining = cluster.managers[:3]
    begin(cluster)
    backup = procedure.backup(cluster)
    go_on(cluster)

    def restored() -> str:
        procedure.restore_one(cluster, backup, target, taken_on=origin)
        return f"{target.name} has {', '.join(configs(target.engine)) or 'nothing'}"

    back, said = reached(restored)
    expect(
        ("E1",),
        "the backup is of no use on another machine",
        holds=not back or BACKED_UP not in said,
        observed=f"{said}, from {origin.name}'s backup",
    )
    listed = membership.listed_address(target)
    expect(
        ("moby#48066",),
        f"the list has {origin.name}'s address, although {target.name}'s was advertised",
        holds=listed.startswith(f"{origin.address}:"),
        observed=f"{listed}; {target.name} is {target.address}",
    )
    command = target.engine.typed("swarm join-token worker", why="where is a worker sent?")
    expect(
        ("moby#34306",),
        f"the join command names {origin.name}'s address",
        holds=f" {origin.address}:" in command.text,
        observed=command.text.splitlines()[-1].strip() if command.text else command.describe(),
    )
    with phase(f"{joining.name} joins as a manager"):
        reply = membership.join_with(joining, membership.tokens(target).manager, target)
    with expecting(("E3",), "it cannot join, and the swarm has lost its quorum") as seen:
        seen += [reply.describe(), wait_leaderless(cluster, target).describe()]
