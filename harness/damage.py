"""Damage a restored state directory, the ways it happens: what an engine does with it is the question."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from harness.cluster import SWARM_DIR
from harness.faults import flip_byte, truncate_log
from harness.machine import Machine
from harness.procedures.document import Backup


@dataclass(frozen=True)
class Case:
    """What happens to one manager: its machine, another manager's machine, and the backup of both."""

    victim: Machine
    donor: Machine
    backup: Backup


Damage = Callable[[Case], None]


def _run(command: str, why: str) -> Damage:
    def damage(case: Case) -> None:
        case.victim.run(command, why=why)

    return damage


def _take_log_of_another(case: Case) -> None:
    log = f"{case.backup.directory}/raft"
    case.donor.send(log, case.victim)
    case.victim.run(f"rm -r {SWARM_DIR}/raft && cp -r {log} {SWARM_DIR}/raft", why="the log of another manager")


DAMAGES: Mapping[str, Damage] = {
    "no certificates": _run(f"rm -r {SWARM_DIR}/certificates", "the keys are not in the backup"),
    "no log": _run(f"rm -r {SWARM_DIR}/raft", "the log is not in the backup"),
    "empty directory": _run(f"rm -r {SWARM_DIR}/*", "nothing is in the backup"),
    "another manager's log": _take_log_of_another,
    "log cut off": lambda case: truncate_log(case.victim, SWARM_DIR),
    "flipped byte in the log": lambda case: flip_byte(case.victim, SWARM_DIR),
    "open modes": _run(f"chmod -R a+rwX {SWARM_DIR}", "modes were not kept"),
    "another owner": _run(f"chown -R nobody {SWARM_DIR}", "owners were not kept"),
}
