"""What one manager says: who leads, who is not well, in one line; and what an engine's error comes down to."""

from collections.abc import Callable

import pytest
from pretended_docker import PretendedDocker
from python_on_whales import DockerClient

from harness.engine import EngineError
from harness.views import NodeView, View, short, view_of


def node(name: str, *, state: str = "ready", reachability: str = "reachable", leader: bool = False) -> NodeView:
    return NodeView(f"id-{name}", name, state, "active", reachability, leader, "10.0.0.1")


LEADER, FOLLOWER, WORKER = node("manager1", leader=True), node("manager2"), node("worker1", reachability="")


@pytest.mark.parametrize(
    ("view", "healthy", "line"),
    [
        (View("m", (LEADER, FOLLOWER, WORKER)), True, "m says leader manager1, 3 nodes"),
        (View("m", (node("manager1"), FOLLOWER)), False, "m says leader none, 2 nodes"),
        (View("m"), False, "m says leader none, 0 nodes"),
        (View("m", error="context deadline exceeded"), False, "m says context deadline exceeded"),
        (
            View("m", (LEADER, node("manager2", state="down", reachability="unreachable"))),
            False,
            "m says leader manager1, 2 nodes, manager2 down/unreachable",
        ),
        (
            View("m", (LEADER, node("manager2", reachability="unreachable"))),
            False,
            "m says leader manager1, 2 nodes, manager2 ready/unreachable",
        ),
        (
            View("m", (LEADER, node("m2", state="unknown"))),
            False,
            "m says leader manager1, 2 nodes, m2 unknown/reachable",
        ),
        (
            View("m", (LEADER, node("worker1", state="down", reachability=""), node("w2", state="x", reachability=""))),
            False,
            "m says leader manager1, 3 nodes, worker1 down, w2 x",
        ),
    ],
)
def test_a_view_in_one_line(view: View, healthy: bool, line: str) -> None:
    assert view.describe() == line
    assert view.healthy() is healthy


def test_the_leader_by_name() -> None:
    assert View("m", (FOLLOWER, LEADER)).leader == "manager1"
    assert View("m", (FOLLOWER, WORKER)).leader is None
    assert View("m", error="x").leader is None


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


def listed(name: str, *, manager: dict[str, object] | None, address: str | None = None) -> dict[str, object]:
    """A node as the engine gives it."""
    status = {"State": "ready"} | ({"Addr": address} if address else {})
    found = {
        "ID": f"id-{name}",
        "Description": {"Hostname": name},
        "Status": status,
        "Spec": {"Availability": "active"},
    }
    return found | ({"ManagerStatus": manager} if manager else {})


class PretendedEngine:
    """Answers every question with a client, or with an error."""

    name = "manager1"

    def __init__(self, client: DockerClient | None = None, stderr: str = "") -> None:
        self._client = client
        self._stderr = stderr

    def ask(self, question: Callable[[DockerClient | None], object], *, why: str, timeout: float) -> object:
        if self._stderr:
            raise EngineError(self.name, "node ls", self._stderr)
        return question(self._client)


def test_a_view_is_what_the_engine_lists_in_the_order_of_names(pretended_docker: PretendedDocker) -> None:
    pretended_docker.knows(
        listed("worker1", manager=None, address="10.0.0.21"),
        listed("worker2", manager=None),
        listed("manager2", manager={"Reachability": "reachable", "Addr": "10.0.0.12:2377"}),
        listed("manager1", manager={"Reachability": "reachable", "Leader": True, "Addr": "10.0.0.11:2377"}),
    )
    view = view_of(PretendedEngine(pretended_docker.client))
    assert [node.hostname for node in view.nodes] == ["manager1", "manager2", "worker1", "worker2"]
    assert [node.leader for node in view.nodes] == [True, False, False, False]
    assert [node.reachability for node in view.nodes] == ["reachable", "reachable", "", ""]
    assert [node.address for node in view.nodes] == ["10.0.0.11:2377", "10.0.0.12:2377", "10.0.0.21", ""]
    assert view.manager == "manager1"
    assert view.healthy()


def test_an_engine_that_cannot_answer_gives_a_view_with_its_error() -> None:
    said = "Error response from daemon: rpc error: code = Unknown desc = The swarm does not have a leader."
    view = view_of(PretendedEngine(stderr=said))
    assert view == View("manager1", error="The swarm does not have a leader.")
    assert not view.healthy()


def test_an_engine_that_says_nothing_at_all_has_an_error_too() -> None:
    view = view_of(PretendedEngine(stderr=" "))
    assert view.error == "nothing"
    assert not view.healthy()
