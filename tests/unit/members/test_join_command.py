"""What a manager tells machines to type that are to join, and where that sends them."""

import pytest

from pretended.cluster import machine
from pretended.engine import PretendedEngine
from swarmdrill.members import membership

TOLD = """To add a worker to this swarm, run the following command:

    docker swarm join --token SWMTKN-1-abc 10.213.0.12:2377

"""


def told(answer: str) -> membership.JoinCommand:
    engine = PretendedEngine("manager1")
    engine.knows("swarm join-token worker", answer)
    return membership.join_command(machine("manager1", engine))


def test_is_the_last_line_and_names_the_address() -> None:
    command = told(TOLD)
    assert command.address == "10.213.0.12"
    assert command.line == "docker swarm join --token SWMTKN-1-abc 10.213.0.12:2377"


def test_its_token_is_in_no_message_by_accident() -> None:
    assert "SWMTKN" not in repr(told(TOLD))


def test_a_refusal_names_no_address() -> None:
    engine = PretendedEngine("manager1")
    engine.fails("Error response from daemon: rpc error: code = Unknown desc = The swarm does not have a leader.")
    command = membership.join_command(machine("manager1", engine))
    assert (command.address, command.line) == ("", "The swarm does not have a leader.")


def test_nothing_names_no_address() -> None:
    assert told("") == membership.JoinCommand("", "")


@pytest.mark.parametrize(("endpoint", "host"), [("10.213.0.11:2377", "10.213.0.11"), ("[::1]:2377", "[::1]"), ("", "")])
def test_the_host_of_an_endpoint(endpoint: str, host: str) -> None:
    assert membership.host_of(endpoint) == host
