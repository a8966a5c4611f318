"""What one manager says: who leads, who is not well, in one line."""

import pytest

from pretended.engine import PretendedEngine
from swarmdrill.swarm.views import NodeView, View, view_of


def node(name: str, *, state: str = "ready", reachability: str = "reachable", leader: bool = False) -> NodeView:
    return NodeView(f"id-{name}", name, state, "active", reachability, leader)


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


def listed(name: str, manager: str, state: str = "Ready") -> dict[str, object]:
    """A row of `docker node ls`, as the client 26.1 prints it."""
    return {"ID": f"id-{name}", "Hostname": name, "Status": state, "Availability": "Active", "ManagerStatus": manager}


def test_a_view_is_what_the_engine_lists_in_the_order_of_names(pretended_engine: PretendedEngine) -> None:
    pretended_engine.lists(
        "node ls",
        listed("worker1", ""),
        listed("manager3", "Unreachable", state="Down"),
        listed("manager2", "Reachable"),
        listed("manager1", "Leader"),
    )
    view = view_of(pretended_engine)
    assert [node.hostname for node in view.nodes] == ["manager1", "manager2", "manager3", "worker1"]
    assert [node.leader for node in view.nodes] == [True, False, False, False]
    assert [node.reachability for node in view.nodes] == ["reachable", "reachable", "unreachable", ""]
    assert [node.state for node in view.nodes] == ["ready", "ready", "down", "ready"]
    assert {node.availability for node in view.nodes} == {"active"}
    assert view.manager == "manager1"
    assert not view.healthy()
    assert len(pretended_engine.asked) == 1


def test_an_engine_that_cannot_answer_gives_a_view_with_its_error(pretended_engine: PretendedEngine) -> None:
    pretended_engine.fails(
        "Error response from daemon: rpc error: code = Unknown desc = The swarm does not have a leader."
    )
    view = view_of(pretended_engine)
    assert view == View("manager1", error="The swarm does not have a leader.")
    assert not view.healthy()


def test_an_engine_that_says_nothing_at_all_has_an_error_too(pretended_engine: PretendedEngine) -> None:
    pretended_engine.fails(" ")
    view = view_of(pretended_engine)
    assert view.error == "nothing"
    assert not view.healthy()
