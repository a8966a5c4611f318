"""What an engine is read from: its processes, its own word, its log."""

import pytest

from pretended.cluster import machine
from swarmdrill.base.errors import LabBroken
from swarmdrill.machines.ssh import Completed
from swarmdrill.observe.engine_state import PANIC, SwarmState, disagreements, processes
from swarmdrill.swarm.logs import LogMark

LOGS = {
    "manager1": 'level=panic msg="tocommit(9) is out of range"',
    "manager2": 'level=warning msg="message to an unrecognized member ID"',
    "manager3": 'level=info msg="became leader"',
}


def ends(status: int, stdout: str = "", stderr: str = "") -> Completed:
    return Completed(status, stdout, stderr, 0.0)


class TestProcesses:
    def test_are_ids(self) -> None:
        assert processes(machine("manager1", run=lambda _: ends(0, "17\n18\n"))) == (17, 18)

    def test_there_are_none_where_none_is_found(self) -> None:
        assert processes(machine("manager1", run=lambda _: ends(1))) == ()

    def test_a_machine_that_cannot_tell_says_nothing_of_the_engine(self) -> None:
        with pytest.raises(LabBroken, match="manager1 cannot list its processes: no /proc"):
            processes(machine("manager1", run=lambda _: ends(3, stderr="no /proc")))


def test_each_log_says_whether_it_disagrees() -> None:
    machines = {name: machine(name, run=lambda _, text=text: ends(0, text)) for name, text in LOGS.items()}
    found = disagreements(LogMark(dict.fromkeys(machines.values(), 0)))
    assert found == {"manager1": (PANIC,), "manager2": ("unrecognized member",), "manager3": ()}


@pytest.mark.parametrize(
    ("state", "word", "holds"),
    [("error", "WAL", True), ("error", "", True), ("error", "decrypt", False), ("locked", "WAL", False)],
)
def test_a_state_says_a_word(state: str, word: str, holds: bool) -> None:
    assert SwarmState("manager1", "error", "can't read the WAL").says(state, word) is holds
