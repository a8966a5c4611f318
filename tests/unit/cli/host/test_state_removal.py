"""What goes from the state directory, by name, and what stays: whatever somebody else put there."""

import fcntl
import os
import signal
from pathlib import Path

import pytest

from swarmdrill.base import directories, places
from swarmdrill.base.messages import Message
from swarmdrill.cli.host import state_removal
from swarmdrill.machines import removal
from swarmdrill.setup import daemon

# As drills on containers and virtual machines, `make lock`, `make catalogue`, `make bench BASE=` leave it.
MADE = (
    *("acceleration.json", "acceleration.71", "containers-13c4025c.json", "docker-hosts", "history.jsonl"),
    *("fresh.lock", "lab-tests.lock", "swarmdrill.pot", "privileged.json"),
    *("allure/node_modules/allure/cli.js", "allure/package.json", "allure/package-lock.json", "allure/stamp"),
    *("bench/decbe5f/.git", "bench/decbe5f/Makefile", "bench/decbe5f/.swarmdrill/labs/identity"),
    *("boxes/metadata.json", "boxes/26.1.5.267502022/box.img"),
    *("engine/docker.pid", "engine/dockerd.log", "engine/dockerd.pid"),
    *("hypervisor/libvirtd.log", "hypervisor/virtlogd.pid", "hypothesis/constants/1", "hypothesis/.gitignore"),
    *("labs/identity", "labs/run-1-c0ffee.lock"),
    *("tox/CACHEDIR.TAG", "tox/.gitignore", "tox/unit/log", "uv/pyvenv.cfg", "uv/bin/python"),
    *("vagrant-home/boxes/metadata", "vagrant-home-virtualbox/26.1.5.1.sha256"),
)


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state directory with everything that is made in one."""
    made = tmp_path / "state"
    for name in MADE:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).touch()
    (made / "building").mkdir()
    (made / "bin").mkdir()
    (made / "bin" / "docker").symlink_to(tmp_path / "docker")
    monkeypatch.setenv(places.STATE_VARIABLE, str(made))
    return made


def remove() -> list[Message]:
    """As `clean` does it, which has the turn to remove labs. One that it holds itself would be waited for for ever."""
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it waits for a lock of its own"))
    signal.alarm(20)
    try:
        with removal.removing():
            return state_removal.remove()
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def test_all_of_it_goes(state: Path) -> None:
    assert remove() == []
    assert not state.exists()
    assert remove() == [], "there is none"


@pytest.mark.parametrize(
    "planted",
    [
        "thesis.txt",
        "results/1.json",
        "docker-hosts.bak",
        *(f"{name}/thesis.txt" for name in ("bin", "boxes", "engine", "labs", "uv", "vagrant-home", "bench")),
        "bench/decbe50/thesis.txt",
    ],
)
def test_what_is_not_of_this_product_stays_alone_and_is_named(state: Path, planted: str) -> None:
    (state / planted).parent.mkdir(exist_ok=True)
    (state / planted).touch()
    (line,) = remove()
    assert line.startswith(f"left alone: {state}/{planted.partition('/')[0]}")
    assert [path for path in state.rglob("*") if not path.is_dir()] == [state / planted]


@pytest.mark.parametrize("name", ["boxes", "bench", "uv"])
def test_a_link_stays_with_what_it_names(state: Path, tmp_path: Path, name: str) -> None:
    (state / name).rename(tmp_path / name)
    (state / name).symlink_to(tmp_path / name)
    assert remove() == [f"left alone: {state / name}: it is a link"]
    assert any((tmp_path / name).iterdir())


def test_a_directory_with_a_common_name_is_ours_only_with_what_proves_it(state: Path) -> None:
    (state / "tox" / "CACHEDIR.TAG").unlink()
    assert remove() == [f"left alone: {state / 'tox'}: there is no CACHEDIR.TAG in it"]


def test_labs_stay_whoever_made_them_meanwhile(state: Path) -> None:
    (state / "labs" / "default").mkdir()
    assert remove() == [f"left alone: {state / 'labs'}: there are labs in it"]
    assert (state / "labs" / "identity").exists(), "without it they are no labs"


@pytest.mark.parametrize("name", ["fresh.lock", "building", "labs/run-1-c0ffee.lock"])
def test_what_is_in_use_stays(state: Path, name: str) -> None:
    holder = os.open(state / name, os.O_RDONLY)
    fcntl.flock(holder, fcntl.LOCK_EX)
    (line,) = remove()
    os.close(holder)
    assert line.startswith(f"left alone: {state / name.partition('/')[0]}: ")
    assert (state / name).exists()


@pytest.mark.parametrize("name", ["engine", "hypervisor", "bench/decbe5f/.swarmdrill/engine"])
def test_the_record_of_a_daemon_that_runs_stays_whoever_started_it(
    state: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does where two projects share a state directory, or the project was moved: only its own could stop it."""
    monkeypatch.setattr(daemon, "start_time", {71: "4711"}.get)
    record = state / name / "dockerd.pid"
    record.parent.mkdir(exist_ok=True)
    record.write_text("71 4711\n")
    (line,) = remove()
    assert line.startswith(f"left alone: {state / '/'.join(name.split('/')[:2])}: ")
    assert record.exists()


def test_a_lab_of_a_checkout_that_the_bench_made_stays(state: Path) -> None:
    plan = state / "bench" / "decbe5f" / ".swarmdrill" / "labs" / "default" / "lab.json"
    plan.parent.mkdir()
    plan.touch()
    (line,) = remove()
    assert line.endswith("it has labs or an engine of its own: run `make clean` there")
    assert plan.exists()


def test_what_another_user_made_stays(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 71)
    monkeypatch.setattr(state_removal, "owner", lambda _: "somebody")
    before = sorted(state.rglob("*"))
    left = remove()
    assert left == [f"left alone: {path}: it belongs to somebody" for path in sorted(state.iterdir())]
    assert sorted(state.rglob("*")) == before


def test_what_something_is_mounted_below_stays(state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directories, "MOUNTS", tmp_path / "mounts")
    (tmp_path / "mounts").write_text(f"/dev/vdb1 {state}/vagrant-home/boxes ext4 rw 0 0\n")
    assert remove() == [f"left alone: {state / 'vagrant-home'}: something is mounted below it"]
    assert (state / "vagrant-home" / "boxes" / "metadata").exists()
