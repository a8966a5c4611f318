"""A change of engine: from which version to which, what an upgrade came to, and who has joined the ingress network."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from pretended import cluster as pretended
from pretended.engine import PretendedEngine
from pretended.engine_log import NOON, A, B, line
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import quoted, said
from swarmdrill.base.waiting import Clock
from swarmdrill.machines import vagrant
from swarmdrill.machines.build import releases
from swarmdrill.machines.containers.provider import Containers
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.plan import Node, Plan
from swarmdrill.procedures import upgrade
from swarmdrill.procedures.upgrade import EngineChange as Change, Upgraded
from swarmdrill.swarm.cluster import Cluster
from swarmdrill.swarm.machine import Machine
from swarmdrill.workload import network as workload_network


class TestPaths:
    @pytest.mark.parametrize(
        ("run", "newest", "oldest"),
        [
            ("20.10.5", Change("20.10.5", "28.5.2"), Change("20.10.5", "20.10.24")),
            ("26.1.5", Change("26.1.5", "28.5.2"), Change("20.10.5", "26.1.5")),
            ("28.5.2", Change("26.1.5", "28.5.2"), Change("20.10.5", "28.5.2")),
        ],
    )
    def test_there_is_one_from_or_to_every_engine(self, run: str, newest: Change, oldest: Change) -> None:
        assert (upgrade.to_newest(run), upgrade.from_oldest(run)) == (newest, oldest)
        assert upgrade.back(run) == Change(newest.after, newest.before)

    @pytest.mark.parametrize("run", releases.releases())
    def test_none_ends_where_it_begins(self, run: str) -> None:
        for choose in (upgrade.to_newest, upgrade.back, upgrade.from_oldest):
            assert choose(run).before != choose(run).after

    def test_an_engine_that_is_in_no_catalogue_is_refused(self) -> None:
        with pytest.raises(UsageProblem, match=r"'19\.3' is in no catalogue"):
            upgrade.to_newest("19.3")


class TestLeaderless:
    def test_until_the_last_of_the_others_has_a_leader(self) -> None:
        logs = [
            line(f"raft.node: {A} elected leader {B} at term 4", second=14.5),
            "\n".join(
                [
                    line(f"raft.node: {B} lost leader {A} at term 3", second=14),
                    line(f"raft.node: {B} elected leader {B} at term 4", second=15.25),
                ]
            ),
        ]
        assert upgrade.leaderless(logs, NOON + 1) == 14.25

    def test_a_leader_that_hands_over_is_a_change_too(self) -> None:
        changed = line(f"raft.node: {A} changed leader from {A} to {B} at term 5", second=2)
        assert upgrade.leaderless([changed, ""], NOON) == 2

    def test_none_where_all_keep_their_leader(self) -> None:
        assert upgrade.leaderless([line(f"{A} became follower at term 4"), ""], NOON) is None


class TestUpgraded:
    @pytest.mark.parametrize(
        ("leaderless", "problem", "stuck"),
        [(None, "", False), (39.9, "", False), (40.1, "", True), (None, "timed out", True)],
    )
    def test_it_is_stuck_without_itself_or_without_a_leader(
        self, leaderless: float | None, problem: str, stuck: bool
    ) -> None:
        assert Upgraded("manager1", 60, leaderless, problem).stuck(40) is stuck

    def test_it_says_what_it_came_to(self) -> None:
        assert Upgraded("manager1", 7.32, None, "").describe() == "manager1 is back after 7.3 s, no election"
        assert (
            Upgraded("manager1", 21, 14, "").describe() == "manager1 is back after 21.0 s, another leader after 14.0 s"
        )
        assert (
            Upgraded("manager1", 90, None, "silent").describe().endswith("not back after 90.0 s, no election: silent")
        )


@dataclass
class Stage:
    """A lab's machines that are exchanged by nobody: what was asked of them, in order."""

    lab: Lab
    clock: Clock = field(default_factory=lambda: Clock(0.001))
    happened: list[str] = field(default_factory=list)

    def on_each(self, action: Callable[[Any], Any], machines: Sequence[Any]) -> dict[str, Any]:
        return {machine.name: action(machine) for machine in machines}

    def stop_docker(self, machines: Sequence[Any]) -> None:
        self.happened.append(f"stop {' '.join(machine.name for machine in machines)}")

    def disconnect(self, machines: Sequence[Any]) -> None:
        self.happened.append("disconnect")

    def wait_engines(self, machines: Sequence[Any]) -> None:
        self.happened.append("wait")


@dataclass
class Replaced:
    """`engine` is the version of what runs on it."""

    name: str
    engine: str = "28.5.2"
    log: str = ""

    def saved_log(self) -> str:
        return f"log of {self.name}"

    def keep_log(self, text: str) -> None:
        self.log = text


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    lab = Lab(tmp_path / "run-1")
    lab.directory.mkdir()
    nodes = tuple(Node(f"manager{i}", "manager", f"10.213.7.1{i}") for i in (1, 2, 3))
    lab.store(Plan("x", "docker", "26.1.5", "n", "10.213.7.0/24", False, 1.0, {"image": "node:26.1.5"}, nodes))
    made = Stage(lab)

    def exchange(lab: Lab, machines: Sequence[str], clock: Clock) -> None:
        made.happened.append(f"exchange {' '.join(machines)} with {', '.join(lab.other_engines)}")

    def require_version(engine: str, version: str) -> None:
        if engine != version:
            raise LabBroken(quoted(f"Docker {engine}, not {version}"))

    monkeypatch.setattr(vagrant, "exchange", exchange)
    monkeypatch.setattr(upgrade, "require_version", require_version)
    monkeypatch.setattr(Containers, "prepare", lambda _, release: f"node:{release.version}")
    return made


class TestChange:
    def test_docker_is_stopped_first_and_the_log_goes_along(self, stage: Stage) -> None:
        machine = Replaced("manager2")
        upgrade.change_engine(cast(Cluster, stage), [cast(Machine, machine)], "28.5.2")
        assert stage.happened == ["stop manager2", "disconnect", "exchange manager2 with manager2 28.5.2", "wait"]
        assert machine.log == "log of manager2"
        assert [node.made_from for node in stage.lab.plan().nodes] == [None, "node:28.5.2", None]

    def test_a_machine_with_another_engine_than_asked_for_is_a_broken_lab(self, stage: Stage) -> None:
        with pytest.raises(LabBroken, match=r"Docker 26\.1\.5, not 28\.5\.2"):
            upgrade.change_engine(cast(Cluster, stage), [cast(Machine, Replaced("manager2", "26.1.5"))], "28.5.2")

    def test_what_cannot_be_built_is_a_broken_lab_and_changes_nothing(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def prepare(_: object, release: object) -> str:
            raise UsageProblem(said("mmdebstrap is missing: run `make setup`"))

        monkeypatch.setattr(Containers, "prepare", prepare)
        with pytest.raises(LabBroken, match=r"no machine with Docker 28\.5\.2: mmdebstrap is missing"):
            upgrade.change_engine(cast(Cluster, stage), [cast(Machine, Replaced("manager2"))], "28.5.2")
        assert stage.happened == []
        assert stage.lab.other_engines == ()


SANDBOX = {"ingress-sbox": {"Name": "ingress-endpoint"}}


class TestIngress:
    @pytest.mark.parametrize(
        ("network", "there", "said"),
        [
            ({"Id": "n1", "Containers": SANDBOX}, True, "has network n1, joined, 1 endpoints"),
            ({"Id": "n1", "Containers": {"task": {}}}, False, "has network n1, not joined, 1 endpoints"),
            ({"Id": "n1", "Containers": None}, False, "has network n1, not joined, 0 endpoints"),
            ({"Id": "n2", "Containers": SANDBOX}, False, "has network n2, joined"),
            (None, False, "No such network: ingress"),
        ],
    )
    def test_it_is_joined_with_its_id_and_sandbox(
        self, network: dict[str, object] | None, there: bool, said: str
    ) -> None:
        engine = PretendedEngine("manager1")
        none = (1, "Error: No such network: ingress")
        engine.knows("network inspect ingress", json.dumps(network) if network else none)
        manager = pretended.machine("manager1", engine)
        found, text = workload_network.joined(pretended.cluster(manager), manager, "n1")
        assert found is there
        assert said in text
