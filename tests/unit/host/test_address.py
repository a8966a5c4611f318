"""Which engine the docker client asks by itself, in its own order, and how its address is kept in results."""

import json
from pathlib import Path

import pytest

from pretended.programs import Shim, only_shims
from swarmdrill.host import address
from swarmdrill.host.address import USUAL


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return only_shims(tmp_path / "bin", monkeypatch)


def client(shim: Shim) -> str:
    """A docker client that knows the context `rootless` and no other."""
    return str(
        shim(
            "docker",
            'case "$*" in "context inspect "*" rootless") echo unix:///run/user/7/docker.sock ;; *) exit 1 ;; esac',
        )
    )


def chosen(tmp_path: Path, context: object) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"currentContext": context}), encoding="utf-8")


def test_where_nobody_says_it_is_the_usual_one_and_no_client_is_asked(shim: Shim, tmp_path: Path) -> None:
    shim("docker", f"touch {tmp_path}/asked")
    assert address.in_use("docker") == USUAL
    assert not (tmp_path / "asked").exists()


@pytest.mark.parametrize("text", ["", "no json", "[]", '{"auths": {}}', '{"currentContext": "default"}'])
def test_a_configuration_without_a_context_says_nothing(shim: Shim, tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text, encoding="utf-8")
    assert address.in_use(client(shim)) == USUAL


def test_the_variable_then_the_context_of_the_environment_then_that_of_the_configuration(
    shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = client(shim)
    chosen(tmp_path, "rootless")
    assert address.in_use(program) == "unix:///run/user/7/docker.sock"
    monkeypatch.setenv("DOCKER_CONTEXT", "default")
    assert address.in_use(program) == USUAL
    monkeypatch.setenv("DOCKER_HOST", "tcp://drill.example:2376")
    assert address.in_use(program) == "tcp://drill.example:2376"


def test_a_context_that_is_not_there_is_an_engine_that_does_not_answer(shim: Shim, tmp_path: Path) -> None:
    chosen(tmp_path, "gone")
    assert address.in_use(client(shim)) == "unix:///no-context-is-called/gone"


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        (USUAL, USUAL),
        ("unix:///tmp/x/docker.sock", "unix:///tmp/x/docker.sock"),
        ("unix:///home/me/.docker/run/docker.sock", "unix://~/.docker/run/docker.sock"),
        ("unix:///home/meg/docker.sock", "unix:///home/meg/docker.sock"),
        ("ssh://me@build.example", "ssh://[redacted]"),
        ("tcp://me:sesame@10.0.0.5:2376", "tcp://[redacted]"),
        ("build.example:2375", "[redacted]"),
    ],
)
def test_results_have_no_names_of_users_and_other_computers(
    said: str, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert address.shown(said) == kept
