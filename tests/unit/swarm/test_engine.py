"""The docker client on one engine: what it prints, its error, its time-out, and the event of each call."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pretended.cluster import machine
from pretended.programs import Shim, only_shims
from swarmdrill.base import trace
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.events import CommandFinished
from swarmdrill.base.messages import said
from swarmdrill.base.waiting import Clock
from swarmdrill.machines.ssh import CommandTimeout, Completed, MachineUnreachable
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.replies import EngineRefused, EngineSilent


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    return only_shims(tmp_path / "bin", monkeypatch)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    remote = SimpleNamespace(forward_socket=lambda local, there: None, is_connected=True)
    made = Engine(SimpleNamespace(name="manager1", clock=Clock(), remote=remote), tmp_path / "sockets", "docker")
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
    assert engine.docker("node", "ls", why=said("who is there?")).or_raise() == "--config --host node ls\n"
    (event,) = finished
    assert (event.machine, event.command, event.exit_status) == ("manager1", "docker node ls", 0)
    assert (event.stdout, event.stderr, event.why) == ("--config --host node ls\n", "", "who is there?")
    assert event.duration > 0


def test_a_client_that_fails_is_an_error_with_its_words(
    docker: Shim, engine: Engine, finished: list[CommandFinished]
) -> None:
    docker("docker", "echo half; echo 'The swarm does not have a leader' >&2; exit 1")
    answer = engine.docker("node", "ls", "--quiet")
    with pytest.raises(EngineRefused, match=r"manager1: docker node ls --quiet: The swarm does not") as raised:
        answer.or_raise()
    assert raised.value.stderr == "The swarm does not have a leader"
    assert (finished[0].exit_status, finished[0].stdout) == (1, "half\n")


def test_a_client_that_does_not_end_is_cut_short(docker: Shim, engine: Engine, finished: list[CommandFinished]) -> None:
    docker("docker", "exec sleep 60")
    with pytest.raises(EngineSilent, match="no answer within 1 s"):
        engine.docker("node", "ls", timeout=1)
    assert finished[0].exit_status is None
    assert finished[0].duration < 30


def test_what_a_client_said_before_it_was_cut_short_is_kept(
    docker: Shim, engine: Engine, finished: list[CommandFinished]
) -> None:
    docker("docker", r"printf 'half\377'; echo 'WARNING: slow' >&2; exec sleep 60")
    with pytest.raises(EngineSilent) as raised:
        engine.docker("node", "ls", timeout=1)
    assert raised.value.stderr == "no answer within 1 s"
    assert (finished[0].stdout, finished[0].stderr) == ("half\ufffd", "WARNING: slow\nno answer within 1 s")


def test_a_daemon_that_is_not_there_is_silent(docker: Shim, engine: Engine) -> None:
    docker("docker", "echo 'error during connect: Get \"http://x/nodes\": EOF' >&2; exit 1")
    with pytest.raises(EngineSilent, match="EOF"):
        engine.docker("node", "ls")


def test_a_machine_that_has_gone_meanwhile_is_not_its_daemons_silence(docker: Shim, engine: Engine) -> None:
    docker("docker", "echo 'unexpected EOF' >&2; exit 1")
    cast(Any, engine)._shell.remote.is_connected = False
    with pytest.raises(MachineUnreachable, match="manager1: connection lost: manager1: docker node ls: unexpected EOF"):
        engine.docker("node", "ls")


def test_a_client_that_is_missing_is_said(docker: Shim, engine: Engine) -> None:
    del docker
    with pytest.raises(LabBroken, match="docker client of this host is missing"):
        engine.docker("node", "ls")


class TestTyped:
    """The machine's own client, typed into its shell."""

    @pytest.fixture
    def typed(self) -> list[str]:
        return []

    def door(self, typed: list[str], ended: Completed | Exception, tmp_path: Path) -> Engine:
        def run(command: str) -> Completed:
            typed.append(command)
            if isinstance(ended, Exception):
                raise ended
            return ended

        return Engine(machine("manager1", run=run).shell, tmp_path, "docker")

    def test_a_reply(self, typed: list[str], tmp_path: Path) -> None:
        answer = self.door(typed, Completed(0, "done\n", "", 0.5), tmp_path).typed("service rm web")
        assert (answer.text, answer.seconds, answer.command) == ("done", 0.5, "docker service rm web")
        assert typed == ["docker service rm web"]

    def test_a_no(self, typed: list[str], tmp_path: Path) -> None:
        ended = Completed(1, "", "Error response from daemon: no", 0.5)
        assert self.door(typed, ended, tmp_path).typed("service rm web").refused("no")

    def test_silence(self, typed: list[str], tmp_path: Path) -> None:
        ended = Completed(1, "", "Cannot connect to the Docker daemon at unix:///var/run/docker.sock.", 0.5)
        with pytest.raises(EngineSilent, match="Cannot connect"):
            self.door(typed, ended, tmp_path).typed("service rm web")

    def test_no_answer_in_time(self, typed: list[str], tmp_path: Path) -> None:
        with pytest.raises(EngineSilent, match="manager1: docker service rm web: no answer within"):
            self.door(typed, CommandTimeout(said("late")), tmp_path).typed("service rm web")

    def test_a_machine_that_cannot_be_reached(self, typed: list[str], tmp_path: Path) -> None:
        with pytest.raises(MachineUnreachable, match="gone"):
            self.door(typed, MachineUnreachable(said("gone")), tmp_path).typed("service rm web")


def test_bytes_that_are_no_text_are_shown_as_such(docker: Shim, engine: Engine) -> None:
    docker("docker", r"printf 'a\377b'")
    assert engine.docker("version").stdout == "a\ufffdb"
