"""Restore on another machine, whose address is not the backup's."""

from swarmdrill.base.messages import Message, quoted, said
from swarmdrill.base.trace import phase
from swarmdrill.base.waiting import reached
from swarmdrill.members import membership
from swarmdrill.members.quorum import wait_leaderless
from swarmdrill.observe.held_states import BACKED_UP, make_newest_state, make_old_state
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.from_one import FromOne
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.objects import configs


@scenario(
    id="restore-on-another-machine",
    title=said("Restore on another machine"),
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
    make_old_state(cluster)
    backup = procedure.backup(cluster)
    make_newest_state(cluster)

    held: list[str] = []

    def restored() -> Message:
        procedure.restore_one(cluster, backup, target, taken_on=origin)
        held.extend(configs(target.engine))
        return said("{machine} has {configs:,}", machine=target, configs=held or said("nothing"))

    back, answer = reached(restored)
    expect(
        ("E1",),
        said("the backup is of no use on another machine"),
        holds=not back or BACKED_UP not in held,
        observed=said("{answer}, from {origin}'s backup", answer=answer, origin=origin),
    )
    listed = membership.listed_address(target)
    expect(
        ("moby#48066",),
        said("the list has {origin}'s address, although {target}'s was advertised", origin=origin, target=target),
        holds=membership.host_of(listed) == origin.address,
        observed=said("{listed}; {target} is {address}", listed=listed, target=target, address=target.address),
    )
    command = membership.join_command(target)
    expect(
        ("moby#34306",),
        said("the join command names {origin}'s address", origin=origin),
        holds=command.address == origin.address,
        observed=quoted(command.line),
    )
    with phase("{joining} joins as a manager", joining=joining):
        reply = membership.join_with(joining, membership.tokens(target).manager, target)
    with expecting(("E3",), said("it cannot join, and the swarm has lost its quorum")) as seen:
        seen += [reply.describe(), wait_leaderless(cluster, target).describe()]
