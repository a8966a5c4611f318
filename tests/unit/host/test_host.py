"""A host: the engine is said in every call, whatever the environment says by then."""

from pathlib import Path

import pytest

from pretended.programs import Shim, only_shims
from swarmdrill.base.programs import ClientFailed, Ended
from swarmdrill.host import engine
from swarmdrill.host.address import USUAL
from swarmdrill.host.host import Host, this_host

ADDRESS = "unix:///tmp/other/docker.sock"


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    return only_shims(tmp_path / "bin", monkeypatch)


def test_every_call_says_the_engine(shim: Shim, monkeypatch: pytest.MonkeyPatch) -> None:
    shim("docker", 'echo "$*"')
    host = this_host(ADDRESS)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    assert host.docker("ps", "--all") == f"--host {ADDRESS} ps --all"
    assert not host.is_usual
    assert this_host(USUAL).is_usual


def test_what_the_environment_says_is_looked_up_once(shim: Shim, monkeypatch: pytest.MonkeyPatch) -> None:
    shim("docker", 'echo "$*"')
    monkeypatch.setenv("DOCKER_HOST", ADDRESS)
    host = this_host()
    monkeypatch.delenv("DOCKER_HOST")
    assert host.docker("info") == f"--host {ADDRESS} info"
    assert this_host().engine == USUAL


def test_a_program_that_looks_for_itself_finds_the_same_engine(shim: Shim, monkeypatch: pytest.MonkeyPatch) -> None:
    del shim
    monkeypatch.setenv("DOCKER_CONTEXT", "rootless")
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
    variables = this_host(ADDRESS).environment()
    assert variables["DOCKER_HOST"] == ADDRESS
    assert "DOCKER_CONTEXT" not in variables


def test_programs_are_started_as_the_host_says(shim: Shim) -> None:
    """A host that is not this computer starts them elsewhere: nothing is started here then."""
    shim("docker", "echo this computer")
    started: list[list[str]] = []

    def run(command: list[str], **_: object) -> Ended:
        started.append([*command])
        return Ended(0, "24.0.7\n", "", 0.0)

    other = Host("another computer", str(shim("docker", "exit 9")), ADDRESS, run)  # type: ignore[arg-type]
    assert other.docker("info") == "24.0.7"
    assert engine.ask(other).version == "24.0.7"
    assert [command[1:3] for command in started] == [["--host", ADDRESS]] * 2


def test_a_client_that_fails_is_shown_with_the_engine_that_it_asked(shim: Shim) -> None:
    shim("docker", "echo cannot connect >&2; exit 1")
    with pytest.raises(ClientFailed, match=rf"--host {ADDRESS} ps: cannot connect"):
        this_host(ADDRESS).docker("ps")
