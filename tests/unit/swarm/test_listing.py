"""Lists of the docker client as rows; what each object is in one call; which tasks run; an engine's part in a swarm."""

import pytest

from pretended.engine import PretendedEngine
from swarmdrill.swarm import listing
from swarmdrill.swarm.replies import EngineRefused


def test_a_list_of_any_length_takes_one_call(pretended_engine: PretendedEngine) -> None:
    pretended_engine.lists("config ls", {"ID": "a", "Name": "one"}, {"ID": "b", "Name": "two"})
    found = listing.rows(pretended_engine, "config", "ls", "--filter", "label=x=y")
    assert [row["Name"] for row in found] == ["one", "two"]
    assert pretended_engine.asked == [("config", "ls", "--filter", "label=x=y", "--format", "{{json .}}")]


def test_an_empty_list_has_no_rows(pretended_engine: PretendedEngine) -> None:
    assert listing.rows(pretended_engine, "secret", "ls") == ()


def test_details_of_any_number_of_objects_take_two_calls(pretended_engine: PretendedEngine) -> None:
    pretended_engine.knows("node ls", "a\nb\n")
    pretended_engine.knows("node inspect", '[{"ID": "a"}, {"ID": "b"}]')
    assert listing.details(pretended_engine, "node", "--filter", "x") == ({"ID": "a"}, {"ID": "b"})
    assert pretended_engine.asked == [("node", "ls", "--quiet", "--filter", "x"), ("node", "inspect", "a", "b")]


def test_nothing_is_asked_about_no_object(pretended_engine: PretendedEngine) -> None:
    assert listing.details(pretended_engine, "network") == ()
    assert pretended_engine.asked == [("network", "ls", "--quiet")]


@pytest.mark.parametrize(
    ("desired", "current", "runs"),
    [
        ("Running", "Running 3 seconds ago", True),
        ("Running", "Running less than a second ago", True),
        ("Running", "Preparing 3 seconds ago", False),
        ("Shutdown", "Running 3 seconds ago", False),
        ("Ready", "Ready 3 seconds ago", False),
        ("Running", "", False),
    ],
)
def test_a_task_runs_when_it_does_and_should(desired: str, current: str, runs: bool) -> None:
    task = {"DesiredState": desired, "CurrentState": current}
    assert listing.running([task]) == ((task,) if runs else ())


def test_the_own_part_in_a_swarm(pretended_engine: PretendedEngine) -> None:
    pretended_engine.knows("info", '{"LocalNodeState": "active", "Error": "", "Cluster": {"ID": "c"}}\n')
    assert listing.swarm(pretended_engine)["Cluster"] == {"ID": "c"}


def test_what_the_client_says_is_the_error(pretended_engine: PretendedEngine) -> None:
    pretended_engine.fails("Error response from daemon: This node is not a swarm manager.")
    with pytest.raises(EngineRefused, match="not a swarm manager"):
        listing.rows(pretended_engine, "node", "ls")
