"""What one manager says of a stack: which services run, whether it is there, whether it is gone."""

from pathlib import Path

import pytest

from pretended.engine import PretendedEngine
from swarmdrill.workload.stack import Stack, StackView, as_option

STACK = Stack("test", Path("compose.yml"))


def task(name: str, state: str = "Running 2 seconds ago", desired: str = "Running") -> dict[str, object]:
    return {"Name": name, "CurrentState": state, "DesiredState": desired}


@pytest.fixture
def manager(pretended_engine: PretendedEngine) -> PretendedEngine:
    pretended_engine.lists("service ls", {"Name": "test_web"}, {"Name": "test_db"})
    pretended_engine.lists("stack ps", task("test_web.1"), task("test_db.n0d31d"))
    pretended_engine.lists("config ls", {"Name": "test_page"})
    pretended_engine.lists("stack ls", {"Name": "other"}, {"Name": "test"})
    return pretended_engine


def test_a_stack_that_runs(manager: PretendedEngine) -> None:
    view = STACK.view(manager)
    assert view == StackView("manager1", ("test_db", "test_web"), ("test_db", "test_web"), ("test_page",), listed=True)
    assert view.present
    assert len(manager.asked) == 4


@pytest.mark.parametrize(
    "other", [task("test_db.1", state="Preparing 1 second ago"), task("test_db.1", desired="Shutdown")]
)
def test_a_service_whose_task_does_not_run_or_should_not(manager: PretendedEngine, other: dict[str, object]) -> None:
    manager.lists("stack ps", task("test_web.1"), other)
    view = STACK.view(manager)
    assert view.running == ("test_web",)
    assert not view.present
    assert "running: test_web" in view.describe()


def test_a_stack_that_is_gone(pretended_engine: PretendedEngine) -> None:
    view = STACK.view(pretended_engine)
    assert view.gone
    assert ("stack", "ps") not in [words[:2] for words in pretended_engine.asked], "it would be an error"


@pytest.mark.parametrize(
    ("words", "name"),
    [("config ls", "test_page"), ("stack ls", "test"), ("service ls", "test_web"), ("network ls", "test_default")],
)
def test_anything_that_is_left_is_not_gone(pretended_engine: PretendedEngine, words: str, name: str) -> None:
    pretended_engine.lists(words, {"Name": name})
    assert not STACK.view(pretended_engine).gone


def test_a_manager_that_cannot_answer(manager: PretendedEngine) -> None:
    manager.fails("Error response from daemon: rpc error: code = Unknown desc = The swarm does not have a leader.")
    view = STACK.view(manager)
    assert view.error == "The swarm does not have a leader."
    assert not view.gone
    assert not view.present


@pytest.mark.parametrize(
    ("path", "option"),
    [
        ("/tmp/with blank/é/backup.yaml", "/tmp/with blank/é/backup.yaml"),
        ('/tmp/a "b", c/x.yaml', '"/tmp/a ""b"", c/x.yaml"'),
        ("/tmp/a,b/x.yaml", '"/tmp/a,b/x.yaml"'),
        ("/tmp/it's/x.yaml", "/tmp/it's/x.yaml"),
    ],
)
def test_a_compose_file_anywhere_is_one_compose_file(path: str, option: str) -> None:
    assert as_option(Path(path)) == option
