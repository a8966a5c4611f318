"""A backup that is not whole, or not this manager's: what its engine does with it."""

import pytest

from swarmdrill.base.messages import Message, said
from swarmdrill.base.trace import phase
from swarmdrill.base.waiting import reached
from swarmdrill.faults.directories import DAMAGES, DamagedCopy
from swarmdrill.members.quorum import wait_managed
from swarmdrill.observe.engine_state import settled_state
from swarmdrill.observe.held_states import BACKED_UP, make_newest_state, make_old_state
from swarmdrill.observe.verdicts import expect, expecting
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.pytestplugin.markers import case as row, scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.objects import wait_everywhere, wait_listed

CUT_OFF = "log cut off"
# Pending: it started its swarm, and looks for the others.
INACTIVE, ERROR, PENDING, ACTIVE = "inactive", "error", "pending", "active"


def damaged(damage: str, claims: tuple[str, ...], state: str, word: str = "") -> object:
    """A damage, the claims that it is about, and what the engine is expected to say of its swarm."""
    marked = (*claims, "R9") if damage == CUT_OFF else claims
    return row(damage, claims, state, word, id=damage, claims=marked)


@scenario(
    id="damaged-backup-of-one-manager",
    title=said("Damaged backup of one manager"),
    claims=("A6", "A13", "R9", "swarmkit#2959"),
    severity="critical",
    restarts=2,
)
@pytest.mark.parametrize(
    ("damage", "claims", "state", "word"),
    [
        damaged("no certificates", ("A13",), INACTIVE),
        damaged("empty directory", ("A13",), INACTIVE),
        damaged("no log", ("A13",), ERROR, "raft node"),
        damaged("another manager's log", ("A6",), ERROR, "decrypt"),
        damaged(CUT_OFF, ("swarmkit#2959",), ERROR, "WAL"),
        damaged("flipped byte in the log", (), ERROR, "WAL"),
        damaged("open modes", (), PENDING),
        damaged("another owner", (), PENDING),
    ],
)
def test_damaged_backup_of_one_manager(
    cluster: Cluster, procedure: DocumentProcedure, damage: str, claims: tuple[str, ...], state: str, word: str
) -> None:
    """All managers are restored, one of them from a damaged backup; the others make a quorum and get the state back.

    Without its certificates an engine forgets, at its next start and without a word, that it was in a swarm, and
    wipes what is left. With a log that it cannot read it starts without the swarm and says why; some versions mend one
    that is only cut off. Modes and owners do not matter to it.
    """
    make_old_state(cluster)
    backup = procedure.backup(cluster)
    make_newest_state(cluster)
    victim, donor = cluster.followers()
    with phase("restore every manager"):
        procedure.put_back(cluster, backup)
    with phase("{victim}: {damage}", victim=victim, damage=damage):
        DAMAGES[damage](DamagedCopy(victim, donor, backup))
        victim.start_docker()
    found = settled_state(cluster, victim)
    expect(
        claims,
        said("{victim} says that its swarm is {state}, because of its {word}", victim=victim, state=state, word=word),
        holds=found.says(state, word),
        observed=found.describe(),
    )
    with phase("start the other managers"):
        cluster.start_docker([machine for machine in cluster.managers if machine != victim])
    with expecting((), said("the others get the old state back")):
        wait_managed(cluster, donor)
        wait_listed(cluster, donor, f"config/{BACKED_UP}")
    if found.state not in (PENDING, ACTIVE):
        found = settled_state(cluster, victim)
        healed = found.state == ACTIVE
        expect(
            (),
            said("{victim} is not healed by their start", victim=victim),
            holds=not healed,
            observed=found.describe(),
        )
        return

    def follows() -> Message:
        cluster.wait_ready()
        wait_everywhere(cluster, f"config/{BACKED_UP}")
        return said("every manager has config/{name}", name=BACKED_UP)

    # Some versions mend what others refuse.
    mended = ("R9",) if damage == CUT_OFF else ()
    joined, answer = reached(follows)
    expect(
        mended, said("{victim} follows the others, and has the old state", victim=victim), holds=joined, observed=answer
    )
