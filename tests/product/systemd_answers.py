"""What systemd says on a node: the same commands on a container and on a virtual machine, which is the measure.

A virtual machine's answers are kept in `answers/ENGINE.json`, for the engines that were asked; `test_systemd.py`
compares a container, or another virtual machine, with them. To ask one anew, after a change of the commands or of
what nodes are made from:

    PYTHONPATH=tests .venv/bin/python -m product.systemd_answers --engine=26.1.5
"""

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from product.booted import node
from swarmdrill.swarm.machine import Machine

ANSWERS = Path(__file__).with_name("answers")
# Whose answers are the measure: a container's never are.
MEASURE = "libvirt"
SECONDS = 120
UNITS = "docker.service docker.socket containerd.service"
ACTIVE = f"systemctl is-active {UNITS}"
ENABLED = f"systemctl is-enabled {UNITS}"
# Has systemd give up on a stop after 2 s, and the engine deaf until it is thawed.
FROZEN = "/sys/fs/cgroup/system.slice/docker.service/cgroup.freeze"
HASTY = "/run/systemd/system/docker.service.d/zz-hasty.conf"

# In this order on a node that has just booted: each finds what those before it left. Those that a script is most likely
# to have are asked in both ways.
COMMANDS = (
    "systemctl is-system-running",
    ACTIVE,
    ENABLED,
    f"systemctl is-failed {UNITS}",
    "systemctl is-active --quiet docker && sudo systemctl is-active docker",
    "service docker status",
    f"systemctl status --no-pager --lines=0 {UNITS}",
    "systemctl show -p LoadState,ActiveState,SubState,UnitFileState,Result,Type,Restart,TimeoutStopUSec docker",
    "systemctl show -p ActiveState,SubState,Triggers docker.socket",
    '[ "$(systemctl show --value -p MainPID docker)" = "$(cat /run/docker.pid)" ]',
    f"systemctl list-units --no-pager --no-legend --plain {UNITS}",
    f"systemctl list-unit-files --no-pager --no-legend {UNITS}",
    f"systemctl cat --no-pager {UNITS}",
    # Stopped, twice; what is left is the socket, which starts the engine for whoever asks it.
    "systemctl stop docker",
    ACTIVE,
    "systemctl stop docker",
    "service docker status",
    "systemctl status --no-pager --lines=0 docker",
    "systemctl show -p ActiveState,SubState,Result,MainPID docker",
    "pgrep -x dockerd",
    "docker version --format '{{.Server.Os}}'",
    ACTIVE,
    # All of it stopped, and started again by its name alone, twice.
    "systemctl stop docker docker.socket containerd",
    ACTIVE,
    "docker version --format '{{.Server.Os}}'",
    f"systemctl list-units --no-pager --no-legend --plain {UNITS}",
    "systemctl start docker",
    ACTIVE,
    "systemctl start docker",
    # The older way.
    "service docker stop",
    "service docker stop",
    "service docker start",
    "service docker start",
    ACTIVE,
    "service docker restart",
    "systemctl restart docker",
    "systemctl reload docker",
    "systemctl reload-or-restart docker",
    "systemctl try-restart docker",
    ACTIVE,
    # A masked unit runs on, and is not started again.
    "systemctl mask docker",
    ENABLED,
    ACTIVE,
    "systemctl stop docker docker.socket",
    "systemctl start docker",
    "service docker start",
    ACTIVE,
    "systemctl unmask docker",
    "systemctl start docker",
    ACTIVE,
    "systemctl disable docker",
    ENABLED,
    "systemctl enable docker",
    ENABLED,
    "systemctl daemon-reload",
    # A script that starts the engine again however it ends.
    "bash -c 'trap \"systemctl start docker\" EXIT; systemctl stop docker; exit 7'",
    ACTIVE,
    "bash -c 'trap \"service docker start; exit 9\" TERM; service docker stop; kill -TERM $$; sleep 60'",
    ACTIVE,
    # An engine that died.
    "kill -KILL $(cat /run/docker.pid); while systemctl is-active --quiet docker; do sleep 0.1; done",
    ACTIVE,
    f"systemctl is-failed {UNITS}",
    "systemctl show -p ActiveState,SubState,Result docker",
    "service docker status",
    "systemctl --failed --no-pager --no-legend --plain",
    "systemctl reset-failed docker && systemctl is-failed docker",
    "systemctl start docker",
    ACTIVE,
    # An engine that does not stop.
    f"mkdir -p $(dirname {HASTY}) && printf '[Service]\\nTimeoutStopSec=2\\n' > {HASTY} && systemctl daemon-reload",
    f"echo 1 > {FROZEN}; service docker stop",
    "pgrep -x dockerd | wc -l",
    "systemctl show -p ActiveState,SubState,Result docker",
    f"echo 0 > {FROZEN}; while pgrep -x dockerd; do sleep 0.1; done > /dev/null; rm {HASTY}; systemctl daemon-reload",
    "systemctl start docker",
    ACTIVE,
    # What is none of its units.
    "systemctl is-active nothing",
    "systemctl is-enabled nothing",
    "systemctl status --no-pager nothing",
    "systemctl start nothing",
    "service nothing start",
    "systemctl frobnicate docker",
    "systemctl is-system-running",
)

# Of `systemctl status`: what is measured, what is one of this moment, and lines of the journal.
_MEASURED = re.compile(r"^ *(CPU|Memory|Tasks|IO|IP|Invocation|CGroup|Duration|Mem peak): |^ *[├└]─ *\d+ ")
_JOURNAL = re.compile(r"^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d ")
# A container has no modules to load, and no program that would.
_MODPROBE = re.compile(r"^ *Process: .*modprobe")
_OF_THIS_MOMENT = (
    (re.compile(r" since [A-Z].*"), ""),
    (re.compile(r"(Main PID|Process): \d+"), r"\1: N"),
)


@dataclass(frozen=True)
class Answer:
    """A command, its exit status, and the lines that it printed, without what differs from run to run."""

    command: str
    status: int
    said: tuple[str, ...]


@dataclass(frozen=True)
class Recorded:
    """The answers of a machine: `recorded` is the day, `systemd` the version of Debian's package."""

    provider: str
    engine: str
    systemd: str
    recorded: str
    answers: tuple[Answer, ...]


def ask(machine: Machine, commands: Sequence[str] = COMMANDS) -> tuple[Answer, ...]:
    """Run the commands on the machine, one after another."""
    done = [(command, machine.run(f"exec 2>&1; {command}", check=False, timeout=SECONDS)) for command in commands]
    return tuple(Answer(command, each.exit_status, normal(each.stdout)) for command, each in done)


def normal(text: str) -> tuple[str, ...]:
    """The lines of an answer, without those that say what was measured or logged; no times, no process ids."""
    lines = [line.rstrip() for line in text.splitlines()]
    left_out = (_MEASURED, _JOURNAL, _MODPROBE)
    kept = [line for line in lines if line and not any(pattern.search(line) for pattern in left_out)]
    for pattern, instead in _OF_THIS_MOMENT:
        kept = [pattern.sub(instead, line) for line in kept]
    return tuple(kept)


def of_a_node(provider: str, engine: str) -> Recorded:
    """Boot a node, ask it, and remove it."""
    with node(provider, engine) as machine:
        systemd = machine.run("dpkg-query --show --showformat='${Version}' systemd").stdout
        return Recorded(provider, engine, systemd, f"{datetime.now(UTC):%Y-%m-%d}", ask(machine))


def file(engine: str) -> Path:
    """Where the answers of a virtual machine with that engine are kept."""
    return ANSWERS / f"{engine}.json"


def recorded(engine: str) -> Recorded:
    """What a virtual machine with that engine said."""
    found = json.loads(file(engine).read_text(encoding="utf-8"))
    answers = tuple(Answer(each["command"], each["status"], tuple(each["said"])) for each in found.pop("answers"))
    return Recorded(**found, answers=answers)


def differences(measure: Sequence[Answer], found: Sequence[Answer]) -> list[str]:
    """What was answered otherwise, a text for each command; also where other commands were asked."""
    pairs = zip(measure, found, strict=False)
    said = [f"{_shown(one)}\nbut here\n{_shown(other)}" for one, other in pairs if one != other]
    if len(measure) != len(found):
        said.append(f"{len(measure)} answers are kept, {len(found)} commands were asked: record them anew")
    return said


def _shown(answer: Answer) -> str:
    return "\n  ".join((f"$ {answer.command}   (exit {answer.status})", *answer.said))


def main() -> None:
    """Record the answers of a virtual machine."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--engine", required=True)
    options = parser.parse_args()
    ANSWERS.mkdir(exist_ok=True)
    found = of_a_node(MEASURE, options.engine)
    text = json.dumps(asdict(found), indent=1, ensure_ascii=False)
    file(options.engine).write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
