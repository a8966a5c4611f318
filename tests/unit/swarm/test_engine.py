"""The docker client on one engine: what it prints, its error, its time-out, and the event of each call."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from pretended.programs import Shim, only_shims
from swarmdrill.base import trace
from swarmdrill.base.clock import Clock
from swarmdrill.base.events import CommandFinished
from swarmdrill.swarm.engine import Engine, EngineError


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    return only_shims(tmp_path / "bin", monkeypatch)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    remote = SimpleNamespace(forward_socket=lambda local, there: None)
    made = Engine(SimpleNamespace(name="manager1", clock=Clock(), remote=remote), tmp_path / "sockets")
    yield made
    made.close()


@pytest.fixture
def finished() -> Iterator[list[CommandFinished]]:
    seen: list[CommandFinished] = []
    unsubscribe = trace.TRACE.subscribe(lambda event: isinstance(event, CommandFinished) and seen.append(event))
    yield seen
    unsubscribe()


def test_a_call_goes_to_the_engine_alone_and_leaves_an_event(
    docker: Shim, engine: Engine, finished: list[CommandFinished]
) -> None:
    docker("docker", 'echo "$1 $3 $5 $6"; case $4 in unix:///*/engine.sock) ;; *) exit 9 ;; esac')
    assert engine.docker("node", "ls", why="who is there?") == "--config --host node ls\n"
    (event,) = finished
    assert (event.machine, event.command, event.exit_status) == ("manager1", "docker node ls", 0)
    assert (event.stdout, event.stderr, event.why) == ("--config --host node ls\n", "", "who is there?")
    assert event.duration > 0


def test_a_client_that_fails_is_an_error_with_its_words(
    docker: Shim, engine: Engine, finished: list[CommandFinished]
) -> None:
    docker("docker", "echo half; echo 'The swarm does not have a leader' >&2; exit 1")
    with pytest.raises(EngineError, match=r"manager1: docker node ls --quiet: The swarm does not") as raised:
        engine.docker("node", "ls", "--quiet")
    assert raised.value.stderr == "The swarm does not have a leader"
    assert (finished[0].exit_status, finished[0].stdout) == (1, "half\n")


def test_a_client_that_does_not_end_is_cut_short(docker: Shim, engine: Engine, finished: list[CommandFinished]) -> None:
    docker("docker", "exec sleep 60")
    with pytest.raises(EngineError, match="no answer within 1 s"):
        engine.docker("node", "ls", timeout=1)
    assert finished[0].exit_status is None
    assert finished[0].duration < 30


def test_what_a_client_said_before_it_was_cut_short_is_kept(
    docker: Shim, engine: Engine, finished: list[CommandFinished]
) -> None:
    docker("docker", r"printf 'half\377'; echo 'WARNING: slow' >&2; exec sleep 60")
    with pytest.raises(EngineError) as raised:
        engine.docker("node", "ls", timeout=1)
    assert raised.value.stderr == "no answer within 1 s"
    assert (finished[0].stdout, finished[0].stderr) == ("half\ufffd", "WARNING: slow\nno answer within 1 s")


def test_bytes_that_are_no_text_are_shown_as_such(docker: Shim, engine: Engine) -> None:
    docker("docker", r"printf 'a\377b'")
    assert engine.docker("version") == "a\ufffdb"
