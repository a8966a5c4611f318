"""python-on-whales behind the door: what the docker client says through it is told apart as everywhere else."""

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.events import CommandFinished
from swarmdrill.base.waiting import Clock
from swarmdrill.host import client, recorded_calls
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.replies import EngineError, EngineRefused, EngineSilent

Docker = Callable[[str, str], None]


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    """Writes a program, such as a docker client, that stands before those of this host."""
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(client, "link", lambda: tmp_path / "nothing-chosen" / "docker")

    def write(name: str, body: str) -> None:
        (programs / name).write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
        (programs / name).chmod(0o755)

    return write


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    remote = SimpleNamespace(forward_socket=lambda local, there: None, is_connected=True)
    made = Engine(
        SimpleNamespace(name="manager1", clock=Clock(), remote=remote),
        tmp_path / "sockets",
        str(tmp_path / "bin" / "docker"),
    )
    yield made
    made.close()


@pytest.fixture
def finished() -> Iterator[list[CommandFinished]]:
    seen: list[CommandFinished] = []
    unsubscribe = trace.TRACE.subscribe(lambda event: isinstance(event, CommandFinished) and seen.append(event))
    yield seen
    unsubscribe()


class TestAsk:
    """python-on-whales behind the same door."""

    def test_a_call_that_could_not_even_be_recorded_is_no_answer(
        self, docker: Docker, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        docker("docker", "echo SWMTKN-token")
        monkeypatch.setattr(recorded_calls, "RECORDER", recorder := tmp_path / "recorder")
        recorder.write_text("#!/bin/sh\necho 'Cannot open: Too many open files' >&2; exit 125\n", encoding="utf-8")
        recorder.chmod(0o755)
        with pytest.raises(LabBroken, match="the docker client was not run: Cannot open: Too many"):
            engine.ask(lambda client: client.swarm.join_token("worker"))

    def test_its_answer_is_returned(self, docker: Docker, engine: Engine) -> None:
        docker("docker", "echo SWMTKN-token")
        assert engine.ask(lambda client: client.swarm.join_token("worker")) == "SWMTKN-token"

    @pytest.mark.parametrize(
        ("said", "kind"),
        [
            ("Error response from daemon: The swarm does not have a leader.", EngineRefused),
            ("Cannot connect to the Docker daemon", EngineSilent),
        ],
    )
    def test_what_the_client_says_is_told_apart(
        self, docker: Docker, engine: Engine, said: str, kind: type[EngineError]
    ) -> None:
        docker("docker", f"echo '{said}' >&2; exit 1")
        with pytest.raises(kind, match=said):
            engine.ask(lambda client: client.swarm.join_token("worker"))

    def test_no_answer_in_time(self, docker: Docker, engine: Engine, finished: list[CommandFinished]) -> None:
        docker("docker", "exec sleep 60")
        with pytest.raises(EngineSilent, match="no answer within 1 s"):
            engine.ask(lambda client: client.swarm.join_token("worker"), timeout=1)
        assert finished[0].exit_status is None

    @pytest.mark.parametrize("length", [10, 200])
    def test_however_long_the_directory_for_temporary_files_is(
        self, docker: Docker, tmp_path: Path, length: int
    ) -> None:
        """A socket can be bound to what is forwarded, and the client reaches it by what it is given."""
        docker("docker", 'socket=${4#unix://}; [ -S "$socket" ] && [ ${#socket} -le 107 ] && echo found')
        bound = []

        def forward(local: Path, there: str) -> None:
            del there
            bound.append(socket.socket(socket.AF_UNIX))
            bound[0].bind(str(local))

        remote = SimpleNamespace(forward_socket=forward, is_connected=True)
        long = tmp_path / ("x" * length)
        long.mkdir()
        shell = SimpleNamespace(name="manager1", clock=Clock(), remote=remote)
        made = Engine(shell, long / "sockets", str(tmp_path / "bin" / "docker"))
        assert made.docker("version").or_raise() == "found\n"
        bound[0].close()
        made.close()
        assert list((long / "sockets").iterdir()) == []
