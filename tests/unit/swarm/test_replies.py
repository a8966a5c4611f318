"""What a call to an engine came to: the daemon's yes or no, or that it did not answer; and its words in short.

The texts are those that clients and engines of 20.10.24, 26.1.5 and 28.5.2 printed on a lab: with dockerd stopped,
killed (also during a call), frozen by SIGSTOP, two of three managers frozen, and a machine killed during a call. The
client of this host was 28.2.2, through the tunnel of the socket.
"""

import pytest

from swarmdrill.base.errors import ConditionNotMet, LabBroken
from swarmdrill.swarm.replies import SILENT, EngineRefused, EngineSilent, Reply, is_silent, leaderless, reply, short

NO_LEADER = (
    "Error response from daemon: rpc error: code = Unknown desc = The swarm does not have a leader. "
    "It's possible that too few managers are online. Make sure more than half of the managers are online."
)
ANSWERS = {
    "a service that is not there": "no such service: nosuch",
    "a task that is not there, 20.10": "Error: No such task: nosuch",
    "a task that is not there": "Error response from daemon: task nosuch not found",
    "already in a swarm": 'Error response from daemon: This node is already part of a swarm. Use "docker swarm leave"',
    "no quorum": NO_LEADER,
    "no quorum, asked in time": (
        "Error response from daemon: rpc error: code = DeadlineExceeded desc = context deadline exceeded"
    ),
    "the quorum goes during a call": (
        "Error response from daemon: rpc error: code = Unknown desc = "
        "raft: failed to process the request: node lost leader status"
    ),
    "the leader does not answer": (
        "Error response from daemon: rpc error: code = Unavailable desc = connection error: desc = "
        '"transport: Error while dialing dial tcp 10.213.0.12:2377: i/o timeout"'
    ),
    "the connection to the leader broke": (
        "Error response from daemon: rpc error: code = Unavailable desc = error reading from server: unexpected EOF"
    ),
    "a join in the background": "Error response from daemon: Timeout was reached before node joined.",
    "a container that is not there, 20.10": "Error: No such container: nosuch",
    "no words at all": "",
}
SOCKET = "http://%2Ftmp%2Fswarmdrill-x%2F1%2Fmanager3%2Fengine.sock/v1.50/nodes"
SILENCES = {
    "stopped or killed": (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
    ),
    "stopped or killed, through the tunnel": f'error during connect: Get "{SOCKET}": EOF',
    "killed during a call": "unexpected EOF",
    "docker info of 20.10 without a daemon": (
        'template: :1:7: executing "" at <.Swarm>: reflect: '
        "indirection through nil pointer to embedded struct field Info"
    ),
    "29, as read": (
        "failed to connect to the docker API at unix:///var/run/docker.sock; check if the path is correct and if the "
        "daemon is running: dial unix /var/run/docker.sock: connect: no such file or directory"
    ),
    "the client's own time": "context deadline exceeded",
    "no client": "bash: line 1: docker: command not found",
    "no client under timeout(1)": "timeout: failed to run command 'docker': No such file or directory",
}


def came_to(stderr: str, *, status: int = 1, stdout: str = "", seconds: float = 0.1) -> Reply:
    return reply("manager1", "node ls", status, stdout, stderr, seconds, limit=30)


@pytest.mark.parametrize("said", ANSWERS.values(), ids=ANSWERS.keys())
def test_a_no_of_the_daemon_is_an_answer(said: str) -> None:
    answer = came_to(said)
    assert answer.refused()
    assert not answer.done
    with pytest.raises(EngineRefused) as raised:
        answer.or_raise()
    assert raised.value.stderr == said
    assert isinstance(raised.value, ConditionNotMet)
    assert not isinstance(raised.value, LabBroken)


@pytest.mark.parametrize("said", SILENCES.values(), ids=SILENCES.keys())
def test_a_daemon_that_does_not_answer_is_the_labs(said: str) -> None:
    with pytest.raises(EngineSilent) as raised:
        came_to(f"{said}\n")
    assert raised.value.stderr == said
    assert isinstance(raised.value, LabBroken)
    assert not isinstance(raised.value, AssertionError)


def test_every_sign_is_seen_by_itself() -> None:
    assert [sign.words for sign in SILENT if not is_silent(f"x: {sign.words} y")] == []


def test_what_is_printed_where_nothing_is_said_counts() -> None:
    with pytest.raises(EngineSilent):
        came_to("", stdout="error during connect: EOF")


@pytest.mark.parametrize("status", [124, 137])
def test_a_client_that_was_ended_after_its_time_had_no_answer(status: int) -> None:
    with pytest.raises(EngineSilent, match="manager1: docker node ls: no answer within 30 s"):
        came_to("", status=status, seconds=30.1)


@pytest.mark.parametrize("status", [124, 137])
def test_such_a_status_before_the_time_is_the_commands_own(status: int) -> None:
    assert came_to("", status=status, seconds=2).exit_status == status


def test_what_a_command_prints_is_no_sign_where_it_is_done() -> None:
    answer = came_to("WARNING: error during connect", status=0, stdout=f"{SILENCES['stopped or killed']}\n")
    assert answer.done
    assert answer.or_raise().startswith("Cannot connect")


def test_an_answer_in_one_line() -> None:
    assert str(came_to("", status=0).describe()) == "manager1, docker node ls: done"
    assert str(came_to(NO_LEADER).describe()).startswith("manager1, docker node ls: refused: The swarm does not have")
    assert str(came_to(" ").describe()) == "manager1, docker node ls: refused: nothing"


def test_a_refusal_is_looked_for_in_any_case() -> None:
    assert came_to(NO_LEADER).refused("nothing of it", "DOES NOT HAVE A LEADER")
    assert not came_to(NO_LEADER).refused("minimum")
    assert not came_to("", status=0).refused()


def test_a_secret_is_not_in_the_error() -> None:
    token = f"SWMTKN-1-{'a' * 50}-{'b' * 25}"
    with pytest.raises(EngineRefused) as raised:
        reply("m", f"swarm join --token {token} h", 1, "", f"Error: {token}", 0, limit=1).or_raise()
    assert token not in str(raised.value)


@pytest.mark.parametrize(
    ("stderr", "expected"),
    [
        (
            "Error response from daemon: rpc error: code = Unknown desc = The swarm does not have a leader.\nmore\n",
            "The swarm does not have a leader.",
        ),
        ("Error response from daemon: This node is not a swarm manager.", "This node is not a swarm manager."),
        ("rpc error: code = DeadlineExceeded desc = context deadline exceeded", "context deadline exceeded"),
        ("no answer within 20 s", "no answer within 20 s"),
        ("\n\nCannot connect to the Docker daemon\n", "Cannot connect to the Docker daemon"),
        ("", "nothing"),
        (" \n", "nothing"),
    ],
)
def test_the_engines_own_words(stderr: str, expected: str) -> None:
    assert short(stderr) == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few", True),
        ("This node is not a swarm manager. Manager is being prepared or has trouble connecting to the cluster.", True),
        ("rpc error: code = DeadlineExceeded desc = context deadline exceeded", True),
        ("rpc error: code = Unavailable desc = transport is closing", True),
        ("This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state.", False),
        ('This node is not a swarm manager. Use "docker swarm init" or "docker swarm join"', False),
        ("Cannot connect to the Docker daemon", False),
    ],
)
def test_a_manager_without_a_leader_for_now(said: str, expected: bool) -> None:
    assert leaderless(f"Error response from daemon: {said}") is expected
