"""Many objects in two calls of the docker client, however many there are, and one call where there are none."""

from collections.abc import Callable
from typing import Any

import pytest
from pretended_docker import PretendedDocker
from python_on_whales import DockerClient
from python_on_whales.exceptions import DockerException

from harness import inspected

LABEL = [("label", "com.docker.stack.namespace=test")]
LISTS: list[tuple[Callable[[DockerClient], Any], list[str], list[str]]] = [
    (inspected.nodes, ["node", "ls", "--quiet"], ["node", "inspect"]),
    (inspected.services, ["service", "ls", "--quiet"], ["service", "inspect"]),
    (inspected.secrets, ["secret", "ls", "--quiet"], ["secret", "inspect"]),
    (inspected.configs, ["config", "ls", "--quiet"], ["config", "inspect"]),
    (inspected.networks, ["network", "ls", "--quiet"], ["network", "inspect"]),
    (
        lambda client: inspected.configs(client, LABEL),
        ["config", "ls", "--quiet", "--filter", "label=com.docker.stack.namespace=test"],
        ["config", "inspect"],
    ),
    (
        lambda client: inspected.tasks_of(client, "stack", "test"),
        ["stack", "ps", "--quiet", "--no-trunc", "test"],
        ["inspect", "--type", "task"],
    ),
]


@pytest.mark.parametrize(("ask", "listed", "looked"), LISTS)
def test_any_number_of_objects_takes_two_calls(
    ask: Callable[[DockerClient], Any], listed: list[str], looked: list[str], pretended_docker: PretendedDocker
) -> None:
    pretended_docker.knows({"ID": "a"}, {"ID": "b"}, {"ID": "c"})
    assert len(ask(pretended_docker.client)) == 3
    assert pretended_docker.asked == [listed, [*looked, "a", "b", "c"]]


@pytest.mark.parametrize(("ask", "listed", "looked"), LISTS)
def test_none_are_not_looked_at(
    ask: Callable[[DockerClient], Any], listed: list[str], looked: list[str], pretended_docker: PretendedDocker
) -> None:
    assert ask(pretended_docker.client) == ()
    assert pretended_docker.asked == [listed]


def test_one_node_by_its_name(pretended_docker: PretendedDocker) -> None:
    pretended_docker.knows({"ID": "a", "Description": {"Hostname": "manager1"}})
    assert inspected.node(pretended_docker.client, "manager1").description.hostname == "manager1"
    assert pretended_docker.asked == [["node", "inspect", "manager1"]]


def test_what_the_client_says_is_the_error() -> None:
    with pytest.raises(DockerException):
        inspected.nodes(DockerClient(client_call=["false"]))
