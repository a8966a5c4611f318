"""Damage a backup or a restore on purpose: it is named as what it is, before an engine starts on it."""

from collections.abc import Callable

import pytest

from swarmdrill.backup.backup import Backup
from swarmdrill.backup.manifest import CopyKind, UnfaithfulRestore
from swarmdrill.base.messages import of_error, said
from swarmdrill.base.trace import phase
from swarmdrill.faults.directories import FlippedByte, swap_backups
from swarmdrill.observe.verdicts import expect, refused
from swarmdrill.procedures.document import DocumentProcedure
from swarmdrill.procedures.faulty import ForgottenMachine, InterruptedCopy
from swarmdrill.procedures.interface import Procedure
from swarmdrill.procedures.steps import DocumentSteps
from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.workload.stack import Stack

Damage = Callable[[Cluster, Backup], DocumentProcedure]


def interrupted(cluster: Cluster, _: Backup) -> DocumentProcedure:
    """The second manager's restore stops half-way."""
    return DocumentProcedure(InterruptedCopy(DocumentSteps(), cluster.managers[1]))


def forgotten(cluster: Cluster, _: Backup) -> DocumentProcedure:
    """The second manager keeps its directory."""
    return DocumentProcedure(ForgottenMachine(DocumentSteps(), cluster.managers[1]))


def corrupted(cluster: Cluster, backup: Backup) -> DocumentProcedure:
    """One byte of the second manager's backup changes."""
    FlippedByte(backup.directory).inject(cluster, cluster.managers[1:2])
    return DocumentProcedure()


def swapped(cluster: Cluster, backup: Backup) -> DocumentProcedure:
    """The second and the third manager get each other's backup."""
    swap_backups(cluster.managers[1], cluster.managers[2], backup)
    return DocumentProcedure()


@scenario(
    id="damaged-restore-is-recognised",
    title=said("A damaged restore is recognised"),
    severity="critical",
    restarts=1,
)
@pytest.mark.parametrize(
    ("damage", "kind", "victims"),
    [
        pytest.param(interrupted, CopyKind.INCOMPLETE, 1, id="stopped half-way"),
        pytest.param(forgotten, CopyKind.STALE, 1, id="old directory kept"),
        pytest.param(corrupted, CopyKind.CORRUPT, 1, id="corrupt file"),
        pytest.param(swapped, CopyKind.SWAPPED, 2, id="backups swapped"),
    ],
)
def test_damaged_restore_is_recognised(
    cluster: Cluster, procedure: Procedure, stack: Stack, damage: Damage, kind: CopyKind, victims: int
) -> None:
    """The restore is refused before an engine starts, naming the machine and the damage; the others are faithful."""
    if len(cluster.managers) < 3:
        pytest.skip("needs three managers: the damage is done to the second and the third")
    stack.bring_up(cluster)
    backup = procedure.backup(cluster)
    stack.take_away(cluster)
    with phase("do the damage"):
        damaged = damage(cluster, backup)

    with refused(UnfaithfulRestore) as refusal:
        damaged.restore(cluster, backup)

    expected = {machine.name: CopyKind.FAITHFUL for machine in cluster.managers}
    expected |= {machine.name: kind for machine in cluster.managers[1 : 1 + victims]}
    found = {finding.machine: finding.kind for finding in refusal.error.findings}
    expect(
        (),
        said("each copy is named as what it is: {kind}", kind=kind),
        holds=found == expected,
        observed=of_error(refusal.error),
    )
