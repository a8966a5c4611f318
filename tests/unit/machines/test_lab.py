"""A lab on disk: one process at a time, the plan that is kept, and names that collide with nobody's."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

import pytest

from pretended import ROOT
from swarmdrill.base import locks, places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import Settings
from swarmdrill.base.waiting import Clock
from swarmdrill.machines.containers.provider import Containers
from swarmdrill.machines.lab import Lab, default_lab, labs_here
from swarmdrill.machines.plan import Node, Plan
from swarmdrill.machines.planning import make_plan
from swarmdrill.machines.ssh import Remote
from swarmdrill.swarm.engine import Engine
from swarmdrill.swarm.shell import Shell

# Takes the lock, starts a child as Vagrant would be one, says so, and waits for its end.
HOLDER = """
import subprocess, sys
from pathlib import Path
from swarmdrill.machines.lab import Lab
with Lab(Path(sys.argv[1])).lock():
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    print(child.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path / "run-1")


@contextmanager
def held(lab: Lab) -> Iterator[subprocess.Popen[str]]:
    """Another process holds the lab; it and its child are gone at the end."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, lab.directory],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    assert holder.stdout is not None
    assert int(holder.stdout.readline()) != holder.pid
    try:
        yield holder
    finally:
        os.killpg(holder.pid, signal.SIGKILL)
        holder.communicate()


class TestLock:
    def test_another_process_is_refused_by_its_pid_until_it_is_killed(self, lab: Lab) -> None:
        with held(lab) as holder:
            assert lab.in_use()
            with pytest.raises(UsageProblem) as refused, lab.lock():
                pytest.fail("two processes hold one lab")
            assert str(refused.value) == (
                f"lab 'run-1' is in use by process {holder.pid}: wait for it, or end that process"
            )
            holder.send_signal(signal.SIGKILL)
            holder.wait()
            assert not lab.in_use(), "its child, which lives, must not hold the lock on"
            with lab.lock():
                assert lab.lock_file.read_text() == str(os.getpid())

    def test_it_ends_with_the_block_whatever_happens(self, lab: Lab) -> None:
        def work() -> None:
            with lab.lock():
                assert lab.in_use()
                raise RuntimeError

        with pytest.raises(RuntimeError):
            work()
        assert not lab.in_use()
        with lab.lock():
            assert lab.in_use()

    def test_asking_does_not_take_it(self, lab: Lab) -> None:
        with lab.lock():
            pass
        assert [lab.in_use(), lab.in_use()] == [False, False]

    def test_a_lab_that_was_never_locked_is_not_in_use_and_not_made_by_asking(self, lab: Lab) -> None:
        assert not lab.in_use()
        assert list(lab.directory.parent.iterdir()) == []

    def test_the_lock_goes_with_the_lab(self, lab: Lab) -> None:
        lab.directory.mkdir()
        with lab.lock():
            lab.remove_directory()
            assert lab.in_use(), "until all of it is gone"
        assert list(lab.directory.parent.iterdir()) == [lab.directory.parent / "identity"]

    def test_a_lock_that_was_removed_while_it_was_opened_is_opened_anew(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its file is another one then, and locking the old one would keep nobody out."""
        real, removed = locks._try_lock, []

        def try_lock(file: IO[str]) -> bool:
            if not removed:
                removed.append(True)
                lab.lock_file.unlink()
            return real(file)

        monkeypatch.setattr(locks, "_try_lock", try_lock)
        with lab.lock():
            assert lab.in_use()
            assert lab.lock_file.read_text() == str(os.getpid())


@pytest.fixture
def settings() -> Settings:
    given = {"provider": "docker", "docker_host": "auto", "engine": "26.1.5", "managers": "3", "workers": "1"}
    given |= {"subnet": "auto", "keep": "never", "repeat": "1", "examples": "3", "timeout_scale": "1"}
    given |= {"reports_dir": str(ROOT / "reports"), "state_dir": str(ROOT / ".swarmdrill")}
    return Settings.read(given, lambda _: None)


@pytest.fixture
def planned(lab: Lab, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A lab with a plan, made without an engine."""
    monkeypatch.setattr(Containers, "require", lambda _: None)
    monkeypatch.setattr(Containers, "require_room", lambda _, machines: None)
    monkeypatch.setattr(Containers, "claim_network", lambda _, lab, directory, subnet: (f"net-{lab}", "10.213.7.0/24"))
    monkeypatch.setattr(Containers, "machine_options", lambda _, lab, directory, made_from: {"image": made_from})
    monkeypatch.setattr(Containers, "prepare", lambda _, release: f"node:{release.version}")
    make_plan(lab, settings)
    monkeypatch.setattr(Containers, "claim_network", lambda *_: pytest.fail("planned twice"))
    return lab


class TestPlan:
    def test_addresses_roles_and_a_key(self, planned: Lab) -> None:
        plan = planned.plan()
        assert plan.nodes == (
            Node("manager1", "manager", "10.213.7.11"),
            Node("manager2", "manager", "10.213.7.12"),
            Node("manager3", "manager", "10.213.7.13"),
            Node("worker1", "worker", "10.213.7.21"),
        )
        assert (plan.id, plan.network, plan.machine) == (planned.id, f"net-{planned.id}", {"image": "node:26.1.5"})
        assert planned.private_key.stat().st_mode & 0o777 == 0o600

    def test_it_is_read_as_it_was_written(self, planned: Lab) -> None:
        stored = json.loads(planned.plan_file.read_text())
        assert json.loads(json.dumps(asdict(planned.plan()))) == stored
        assert isinstance(planned.plan(), Plan)

    @pytest.mark.parametrize(
        ("spoil", "said"),
        [
            (lambda plan: plan["nodes"][1].update(role="boss"), "nodes.1.role: Input should be 'manager' or 'worker'"),
            (lambda plan: plan["nodes"][0].pop("address"), "nodes.0.address: Field required"),
            (lambda plan: plan.update(pace="4"), "pace: Input should be a valid number, not '4'"),
            (lambda plan: plan.update(weather="fine"), "weather: there is no such field"),
            (lambda plan: plan.clear(), "id: Field required; and 8 more"),
        ],
    )
    def test_one_that_is_damaged_is_refused_with_file_and_field(
        self, planned: Lab, spoil: Callable[[Any], None], said: str
    ) -> None:
        stored = json.loads(planned.plan_file.read_text(encoding="utf-8"))
        spoil(stored)
        planned.plan_file.write_text(json.dumps(stored), encoding="utf-8")
        with pytest.raises(UsageProblem) as refused:
            planned.plan()
        assert str(refused.value).startswith(f"{planned.plan_file} is no plan of a lab: {said}")
        assert "\n" not in str(refused.value)

    def test_one_that_was_cut_off_is_refused(self, planned: Lab) -> None:
        planned.plan_file.write_bytes(planned.plan_file.read_bytes()[:100])
        with pytest.raises(UsageProblem, match=r"lab\.json is no plan of a lab: Invalid JSON"):
            planned.plan()

    def test_a_plan_that_fits_is_kept(self, planned: Lab, settings: Settings) -> None:
        assert make_plan(planned, settings) == planned.plan()

    @pytest.mark.parametrize(
        ("other", "shape"),
        [
            ({"managers": 5}, "docker, engine 26.1.5, 5 managers, 1 workers"),
            ({"workers": 0}, "docker, engine 26.1.5, 3 managers, 0 workers"),
            ({"engine": "20.10.5"}, "docker, engine 20.10.5, 3 managers, 1 workers"),
            ({"provider": "libvirt"}, "libvirt, engine 26.1.5, 3 managers, 1 workers"),
        ],
    )
    def test_one_that_does_not_is_refused_and_left(
        self, planned: Lab, settings: Settings, other: dict[str, object], shape: str
    ) -> None:
        before = planned.plan_file.read_bytes()
        with pytest.raises(UsageProblem) as refused:
            make_plan(planned, Settings(**{**vars(settings), **other}))
        assert str(refused.value) == (
            "lab 'run-1' is docker, engine 26.1.5, 3 managers, 1 workers, "
            f"asked for is {shape}: run `swarmdrill down` first"
        )
        assert planned.plan_file.read_bytes() == before

    def test_a_lab_whose_engines_were_changed_is_no_lab_of_its_engine(self, planned: Lab, settings: Settings) -> None:
        assert planned.other_engines == ()
        planned.plan_engine(["manager2"], "28.5.2", "node:28.5.2")
        assert planned.other_engines == ("manager2 28.5.2",)
        assert [node.made_from for node in planned.plan().nodes] == [None, "node:28.5.2", None, None]
        with pytest.raises(
            UsageProblem, match=r"'run-1' has changed engines \(manager2 28\.5\.2\): run `swarmdrill down`"
        ):
            make_plan(planned, settings)
        planned.plan_engine(["manager2"], settings.engine, "node:26.1.5")
        assert planned.other_engines == ("manager2 26.1.5",), "what the other one wrote is on its disk"

    def test_without_a_plan_it_says_what_to_run(self, lab: Lab) -> None:
        with pytest.raises(UsageProblem, match=r"there is no lab 'run-1': run `swarmdrill up` first"):
            lab.plan()


class TestNames:
    def test_ids_differ_between_checkouts_and_between_labs(self, tmp_path: Path) -> None:
        labs = [
            Lab(tmp_path / checkout / ".swarmdrill" / "labs" / name)
            for checkout in "abc"
            for name in ("default", "run-1")
        ]
        assert len({lab.id for lab in labs}) == len(labs)
        assert len({lab.sockets for lab in labs}) == len(labs)
        assert all(lab.id.startswith(f"{lab.directory.name}-") for lab in labs)

    def test_the_id_of_a_lab_stays(self, lab: Lab) -> None:
        assert Lab(Path(str(lab.directory))).id == lab.id

    def test_the_socket_path_is_short_however_deep_the_checkout(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """unix(7): 108 bytes with the closing zero. The longest name is that of an xdist worker's later lab."""
        monkeypatch.setattr(tempfile, "tempdir", "/tmp")
        deep = tmp_path / "/".join(["a-directory-with-a-long-name"] * 20)
        monkeypatch.setattr(os, "getpid", lambda: 4194304)
        lab = Lab(deep / ".swarmdrill" / "labs" / "run-4194304-c0ffee-gw15-999")
        shell = Shell("manager7", Remote("manager7", lab.ssh_config), Clock())
        socket = Engine(shell, lab.sockets, "docker")._socket
        assert socket.is_relative_to(lab.sockets)
        assert len(os.fsencode(socket)) < 108

    def test_labs_of_this_checkout(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path))
        assert labs_here() == []
        for name in ("run-2", "default"):
            (tmp_path / "labs" / name).mkdir(parents=True)
        (tmp_path / "labs" / "a-file").touch()
        assert labs_here() == [default_lab(), Lab(tmp_path / "labs" / "run-2")]

    def test_only_the_default_lab_is_where_a_bare_vagrant_looks(self, lab: Lab) -> None:
        assert default_lab().dotfile == ROOT / ".vagrant"
        assert lab.dotfile == lab.directory / "vagrant"


def test_a_lab_is_kept_when_told_so_even_before_it_is_planned(lab: Lab) -> None:
    """`swarmdrill up` says so first, so that a lab that it is killed in the middle of can be looked at."""
    assert not lab.kept
    lab.keep()
    assert lab.kept


def test_removing_leaves_nothing_on_disk(planned: Lab) -> None:
    planned.keep()
    planned.sockets.mkdir(mode=0o700)
    planned.dotfile.mkdir()
    planned.remove_directory()
    assert not [path for path in (planned.directory, planned.sockets, planned.dotfile) if path.exists()]
    planned.remove_directory()
