"""What lies in a manager's state directory, by its files' names alone."""

from collections.abc import Iterable
from functools import partial

from swarmdrill.backup.layout import LOG, SNAPSHOTS, SWARM_DIR, WAL
from swarmdrill.base.messages import Message, said
from swarmdrill.base.waiting import Answer, once
from swarmdrill.observe.starts import last_start
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine

SNAPSHOT_SECONDS = 60


def is_hot(machine: Machine, directory: str) -> bool:
    """Whether a copy was taken from a running engine, or from one that crashed.

    An engine that runs keeps a segment ready beside its log, as `0.tmp`, and removes it when it stops (etcd
    wal/file_pipeline.go).
    """
    return (
        machine.run(f"ls {directory}/{WAL}", why=said("look for files that only a hot copy has")).stdout.find(".tmp")
        >= 0
    )


def files(machine: Machine) -> tuple[str, ...]:
    """Every file in the machine's state directory, by its path there, in order. Raises CommandFailed without one."""
    listed = machine.run(
        f"cd {SWARM_DIR} && find . -type f -printf '%P\\n'", why=said("list what is left of the state")
    )
    return tuple(sorted(listed.stdout.splitlines()))


def of_the_log(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the paths in a state directory that are the log's: its segments, its snapshots and what is beside."""
    return tuple(path for path in paths if path.startswith(f"{LOG}/"))


def raft_id(machine: Machine) -> str:
    """The id under which the machine's manager last started in Raft, as its engine's log says.

    Raises LabBroken where the log says nothing of a start.
    """
    return last_start(machine.name, machine.engine_log(0)).node


def wait_snapshots(cluster: Cluster, machine: Machine, count: int) -> Message:
    """Wait until the machine has exactly `count` snapshots of the log, and return their names.

    Old ones are removed in the background (swarmkit storage: a purger that looks every 30 s). Raises
    ConditionNotMet with what there is after 60 s (scaled).
    """
    what = said("{count} snapshots are kept", count=count)
    return cluster.wait(what, partial(snapshots_are, machine, count), seconds=SNAPSHOT_SECONDS)


def snapshots_are(machine: Machine, count: int) -> Answer[Message]:
    """The machine has exactly `count` snapshots of the log."""
    names = machine.run(f"ls {SWARM_DIR}/{SNAPSHOTS}", why=said("list the snapshots of the log")).stdout.split()
    return once(said("{number} snapshots: {names:,}", number=len(names), names=names), holds=len(names) == count)
