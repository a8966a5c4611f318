"""A Docker that is started and does not listen yet: it is waited for, and no second one is started beside it."""

from pathlib import Path

import pytest

from pretended.programs import Shim, only_shims
from swarmdrill.host.host import this_host
from swarmdrill.setup import engine, service, steps
from swarmdrill.setup.daemon import Daemon


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """Only pretended programs and processes, and no engine elsewhere."""
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr(engine, "PROC", tmp_path / "proc")
    process(tmp_path / "proc" / "self", "python3", "pid:[1]")
    return only_shims(tmp_path / "bin", monkeypatch)


def process(path: Path, name: str, namespace: str) -> None:
    """An entry of /proc for a process of that name, in that process namespace."""
    (path / "ns").mkdir(parents=True)
    (path / "comm").write_text(f"{name}\n", encoding="utf-8")
    (path / "ns" / "pid").symlink_to(namespace)


def nothing(tmp_path: Path) -> Daemon:
    """A dockerd that cannot be started: a test that tries ends with StepFailed."""
    return Daemon(program=str(tmp_path / "no-dockerd"), state=tmp_path / "engine", owner=tmp_path)


def late(shim: Shim, tmp_path: Path, asked: int) -> None:
    """A client whose engine answers the question of that number, and all after it."""
    (tmp_path / "asked").write_text("", encoding="utf-8")
    shim(
        "docker",
        f"echo x >> {tmp_path}/asked; n=0; while read -r _; do n=$((n + 1)); done < {tmp_path}/asked; "
        f"[ $n -ge {asked} ] && {{ echo 26.1.5; exit 0; }}; echo 'Cannot connect to the Docker daemon' >&2; exit 1",
    )


def test_one_that_was_started_elsewhere_is_waited_for_and_no_second_is_started(
    shim: Shim, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process(tmp_path / "proc" / "77", "dockerd", "pid:[1]")
    late(shim, tmp_path, asked=4)
    engine.start(this_host(), nothing(tmp_path))
    assert "✓ wait for the Docker Engine to answer" in capsys.readouterr().out


def test_a_service_that_says_started_too_early_is_waited_for(
    shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    late(shim, tmp_path, asked=4)
    monkeypatch.setattr(service, "start", lambda *_: None)
    engine.start(this_host())
    assert len((tmp_path / "asked").read_text(encoding="utf-8").splitlines()) == 4


def test_one_that_never_answers_is_said_with_its_process(
    shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    process(tmp_path / "proc" / "77", "dockerd", "pid:[1]")
    late(shim, tmp_path, asked=1_000_000)
    monkeypatch.setattr(service, "START_SECONDS", 1)
    with pytest.raises(steps.StepFailed, match=r"dockerd runs already \(process 77\) and does not answer within 1 s"):
        engine.start(this_host(), nothing(tmp_path))


def test_the_engine_of_a_container_is_not_this_hosts(shim: Shim, tmp_path: Path) -> None:
    del shim
    process(tmp_path / "proc" / "78", "dockerd", "pid:[2]")
    process(tmp_path / "proc" / "79", "containerd", "pid:[1]")
    assert engine.starting() is None
