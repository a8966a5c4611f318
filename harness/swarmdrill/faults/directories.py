"""Damage a restored state directory, the ways it happens: what an engine does with it is the question."""

from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from swarmdrill.backup.backup import Backup
from swarmdrill.backup.layout import LOG, SWARM_DIR, WAL
from swarmdrill.backup.wal import frame_at
from swarmdrill.base import trace
from swarmdrill.base.messages import Message, said
from swarmdrill.faults.interface import Anywhere
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine

# So much of a segment is read, to find a record near its beginning.
READ_BYTES = 1 << 16


@dataclass(frozen=True)
class DamagedCopy:
    """What happens to one manager: its machine, another manager's machine, and the backup of both."""

    victim: Machine
    donor: Machine
    backup: Backup


Damage = Callable[[DamagedCopy], None]


def _run(command: str, why: Message) -> Damage:
    def damage(case: DamagedCopy) -> None:
        case.victim.run(command, why=why)

    return damage


def _take_log_of_another(case: DamagedCopy) -> None:
    log = f"{case.backup.directory}/{LOG}"
    case.donor.send(log, case.victim)
    case.victim.run(f"rm -r {SWARM_DIR}/{LOG} && cp -r {log} {SWARM_DIR}/{LOG}", why=said("the log of another manager"))


DAMAGES: Mapping[str, Damage] = {
    "no certificates": _run(f"rm -r {SWARM_DIR}/certificates", said("the keys are not in the backup")),
    "no log": _run(f"rm -r {SWARM_DIR}/{LOG}", said("the log is not in the backup")),
    "empty directory": _run(f"rm -r {SWARM_DIR}/*", said("nothing is in the backup")),
    "another manager's log": _take_log_of_another,
    "log cut off": lambda case: truncate_log(case.victim, SWARM_DIR),
    "flipped byte in the log": lambda case: flip_byte(case.victim, SWARM_DIR),
    "open modes": _run(f"chmod -R a+rwX {SWARM_DIR}", said("modes were not kept")),
    "another owner": _run(f"chown -R nobody {SWARM_DIR}", said("owners were not kept")),
}


def flip_byte(machine: Machine, state_directory: str) -> None:
    """Change one byte of a record in the middle of the log in a state directory or a copy, as a bad disk would.

    It is in what the record holds: a byte of the padding behind it is read by nobody.
    """
    segment = _segments(machine, state_directory)[0]
    place = _in_a_record(machine, segment, 2048)
    machine.run(
        f"byte=$(od -An -tu1 -j{place} -N1 {segment} | tr -d ' ') && "
        f'printf "\\\\$(printf %03o $((255 - byte)))" | dd of={segment} bs=1 seek={place} conv=notrunc status=none',
        why=said("plant a flipped byte"),
    )


def _segments(machine: Machine, state_directory: str) -> list[str]:
    """The segments of the log there, the oldest first. Raises CommandFailed where there is none."""
    return machine.run(f"ls {state_directory}/{WAL}/*.wal", why=said("list the log's segments")).stdout.split()


def _in_a_record(machine: Machine, segment: str, near: int) -> int:
    """A place in the middle of what a record of the segment holds: the one that byte `near` belongs to."""
    text = machine.run(f"head -c {READ_BYTES} {segment} | base64", why=said("see where the log's records are")).stdout
    return frame_at(b64decode(text), near).middle


def swap_backups(one: Machine, other: Machine, backup: Backup) -> None:
    """Exchange the backups of two machines, as an unlabelled tape would."""
    with trace.step("exchange the backups of {one} and {other}", one=one, other=other):
        aside = f"{backup.directory}.aside"
        other.run(f"cp -r {backup.directory} {aside}")
        one.send(backup.directory, other)
        other.send(aside, one)
        one.run(f"rm -r {backup.directory} && mv {aside} {backup.directory}")
        other.run(f"rm -r {aside}")


def truncate_log(machine: Machine, state_directory: str) -> None:
    """Cut the last log segment off in the middle of a record, as a full disk leaves it.

    Between two records, or in a record's length, it would be another fault: engines that refuse the one mend the other.
    """
    segment = _segments(machine, state_directory)[-1]
    place = _in_a_record(machine, segment, 4096)
    machine.run(f"truncate --size {place} {segment}", why=said("plant a log that is cut off"))


def lose_log(machine: Machine) -> None:
    """Delete the log of a manager whose engine is stopped."""
    machine.run(f"rm -r {SWARM_DIR}/{LOG}", why=said("the log is lost"))


def lose_certificate(machine: Machine) -> None:
    """Delete the node's certificate on a machine whose engine is stopped; its key stays."""
    machine.run(f"rm {SWARM_DIR}/certificates/swarm-node.crt", why=said("the certificate is deleted"))


@dataclass(frozen=True)
class FlippedByte(Anywhere):
    """One byte of the log in a state directory, or in a copy of it, is another."""

    directory: str = SWARM_DIR
    name: str = "flipped-byte"

    def inject(self, cluster: Cluster, victims: Sequence[Machine]) -> None:
        cluster.on_each(lambda machine: flip_byte(machine, self.directory), victims)


@dataclass(frozen=True)
class LogCutOff(Anywhere):
    """The last segment of the log in a state directory, or in a copy of it, ends in the middle."""

    directory: str = SWARM_DIR
    name: str = "log-cut-off"

    def inject(self, cluster: Cluster, victims: Sequence[Machine]) -> None:
        cluster.on_each(lambda machine: truncate_log(machine, self.directory), victims)
