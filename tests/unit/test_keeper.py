"""The keeper's own decisions: when a lab is booted, reset, kept, replaced. What does it only says that it was asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness import diagnostics, keeper as keeper_module, lab as lab_module, lifecycle
from harness.cluster import Cluster
from harness.config import Settings
from harness.errors import ConditionNotMet, LabBroken, MachineErrors, UsageProblem
from harness.keeper import LabKeeper
from harness.lab import Lab, Node, Plan


@dataclass
class Stage:
    """What happened, in order; and what goes wrong, by the word for it."""

    happened: list[str] = field(default_factory=list)
    wrong: dict[str, BaseException] = field(default_factory=dict)
    labs: list[Lab] = field(default_factory=list)

    def act(self, verb: str, who: str) -> None:
        self.happened.append(f"{verb} {who}")
        if verb in self.wrong:
            raise self.wrong[verb]


class PretendedCluster:
    machines = ("manager1",)

    def __init__(self, stage: Stage, name: str) -> None:
        self._stage = stage
        self.name = name

    def on_each(self, action: Callable[[object], None], machines: tuple[str, ...]) -> None:
        assert machines == self.machines
        self._stage.act("check", self.name)

    def close(self) -> None:
        self._stage.act("close", self.name)


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    made = Stage()
    counter = iter(range(1, 99))

    def cluster() -> PretendedCluster:
        return PretendedCluster(made, f"cluster{next(counter)}")

    def boot(lab: Lab, settings: Settings, clock: object) -> PretendedCluster:
        assert lab.in_use(), "a lab that boots must be locked, or it is reaped by others"
        made.labs.append(lab)
        lab.directory.mkdir()
        made.act("boot", lab.directory.name)
        return cluster()

    def of(lab: Lab, clock: object) -> PretendedCluster:
        assert lab.in_use()
        made.labs.append(lab)
        made.act("use", lab.directory.name)
        return cluster()

    monkeypatch.setattr(lifecycle, "boot", boot)
    monkeypatch.setattr(lifecycle, "take_down", lambda lab, clock: made.act("take down", lab.directory.name))
    monkeypatch.setattr(keeper_module, "reset", lambda cluster: made.act("reset", cluster.name))
    monkeypatch.setattr(diagnostics, "collect", lambda cluster, since: made.act("question", cluster.name))
    monkeypatch.setattr(diagnostics, "show_boot", lambda lab: made.act("show boot of", lab.directory.name))
    monkeypatch.setattr(Cluster, "of", staticmethod(of))
    monkeypatch.setattr(keeper_module, "LABS_DIR", tmp_path)
    monkeypatch.setattr(lab_module, "LABS_DIR", tmp_path)
    monkeypatch.setattr("os.getpid", lambda: 42)
    return made


def keeper(worker: str = "", *, keep: str = "never", reuse: bool = False) -> LabKeeper:
    return LabKeeper(
        Settings(
            provider="docker",
            engine="26.1.5",
            managers=3,
            workers=0,
            even_managers=False,
            subnet="auto",
            registry=False,
            keep=keep,
            reuse=reuse,
            repeat=1,
            examples=3,
            timeout_scale=1,
            reports_dir=Path("reports"),
        ),
        worker,
    )


def made_by_up(tmp_path: Path) -> Lab:
    """The lab that --reuse uses."""
    lab = Lab(tmp_path / "default")
    lab.directory.mkdir()
    lab.plan_file.write_text(
        '{"id": "x", "provider": "docker", "engine": "26.1.5", "network": "n", "subnet": "s", "registry": false,'
        ' "pace": 1, "machine": {"image": "i", "run_arguments": []}, "nodes": []}'
    )
    lab.keep()
    return lab


class TestOneLab:
    def test_it_is_booted_once_reset_between_and_taken_down_at_the_end(self, stage: Stage) -> None:
        kept = keeper()
        assert stage.happened == [], "nothing is booted before it is needed"
        first = kept.cluster()
        kept.take_back(failed=False, last=False, since={})
        assert kept.cluster() is first
        kept.take_back(failed=False, last=True, since={})
        kept.close()
        assert stage.happened == [
            "boot run-42",
            "reset cluster1",
            "check cluster1",
            "close cluster1",
            "take down run-42",
        ]
        assert not stage.labs[0].in_use()

    def test_after_the_last_scenario_nothing_is_reset(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        kept.take_back(failed=True, last=True, since={})
        assert stage.happened == ["boot run-42", "check cluster1"]

    def test_each_worker_has_a_lab_of_its_own(self, stage: Stage) -> None:
        keeper("gw1").cluster()
        assert stage.labs[0].directory.name == "run-42-gw1"

    def test_closing_without_a_lab_does_nothing(self, stage: Stage) -> None:
        kept = keeper()
        kept.close()
        kept.take_back(failed=False, last=True, since={})
        assert stage.happened == []

    def test_closing_twice_takes_down_once(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        kept.close()
        kept.close()
        assert stage.happened.count("take down run-42") == 1


class TestBrokenLab:
    @pytest.mark.parametrize(
        "problem",
        [
            LabBroken("manager2 cannot be reached"),
            MachineErrors({"manager2": LabBroken("gone"), "manager3": LabBroken("gone")}),
            ConditionNotMet("timed out: every manager sees all nodes ready"),
            OSError("connection reset"),
        ],
    )
    def test_one_that_cannot_be_reset_is_replaced(self, stage: Stage, problem: Exception) -> None:
        kept = keeper()
        kept.cluster()
        stage.wrong["reset"] = problem
        with pytest.raises(LabBroken) as broken:
            kept.take_back(failed=False, last=False, since={})
        assert str(broken.value) == f"the lab could not be brought back and was replaced: {problem}"
        assert broken.value.__cause__ is problem
        assert stage.happened == [
            "boot run-42",
            "reset cluster1",
            "question cluster1",
            "close cluster1",
            "take down run-42",
        ]
        assert not stage.labs[0].in_use()

        stage.wrong.clear()
        kept.cluster()
        assert stage.happened[5:] == ["boot run-42-2"]
        kept.take_back(failed=False, last=False, since={})
        assert stage.happened[6:] == ["reset cluster2"]

    def test_a_machine_that_is_not_sound_after_the_last_scenario_is_said(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        stage.wrong["check"] = LabBroken("manager2 cannot be reached")
        with pytest.raises(LabBroken, match="manager2 cannot be reached"):
            kept.take_back(failed=False, last=True, since={})
        assert stage.happened[-1] == "take down run-42"

    def test_one_that_does_not_boot_can_be_ended_and_the_next_is_another(self, stage: Stage) -> None:
        kept = keeper("gw0")
        stage.wrong["boot"] = LabBroken("vagrant up failed")
        with pytest.raises(LabBroken, match="vagrant up failed"):
            kept.cluster()
        kept.close(broken=True)
        stage.wrong.clear()
        kept.cluster()
        assert stage.happened == [
            "boot run-42-gw0",
            "show boot of run-42-gw0",
            "take down run-42-gw0",
            "boot run-42-gw0-2",
        ]

    def test_one_that_cannot_be_taken_down_is_let_go_all_the_same(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        stage.wrong["take down"] = LabBroken("docker rm failed")
        with pytest.raises(LabBroken, match="docker rm failed"):
            kept.close()
        assert not stage.labs[0].in_use(), "another process can reap it"
        stage.wrong.clear()
        kept.cluster()
        assert stage.happened[-1] == "boot run-42-2"


class TestChangedEngines:
    """A lab whose engines a scenario changed is not what the next one asks for, however well it is."""

    def changed(self, stage: Stage) -> None:
        nodes = (Node("manager1", "manager", "10.213.7.11"), Node("manager2", "manager", "10.213.7.12"))
        plan = Plan("x", "docker", "26.1.5", "n", "10.213.7.0/24", False, 1.0, {}, nodes)
        stage.labs[0].store(plan)
        stage.labs[0].plan_engine(["manager2"], "28.5.2", "node:28.5.2")

    def test_it_is_replaced_and_not_reset(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        self.changed(stage)
        kept.take_back(failed=False, last=False, since={})
        kept.cluster()
        assert stage.happened == ["boot run-42", "close cluster1", "take down run-42", "boot run-42-2"]
        assert not stage.labs[0].in_use()

    def test_a_lab_with_a_plan_that_was_not_changed_is_reset(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        stage.labs[0].store(Plan("x", "docker", "26.1.5", "n", "s", False, 1.0, {}, (Node("m", "manager", "a"),)))
        kept.take_back(failed=False, last=False, since={})
        assert stage.happened == ["boot run-42", "reset cluster1"]

    def test_after_the_last_scenario_it_goes_as_any_other(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        self.changed(stage)
        kept.take_back(failed=False, last=True, since={})
        kept.close()
        assert stage.happened == ["boot run-42", "check cluster1", "close cluster1", "take down run-42"]

    def test_one_that_failed_is_kept_as_it_is(self, stage: Stage) -> None:
        kept = keeper(keep="failed")
        kept.cluster()
        self.changed(stage)
        kept.take_back(failed=True, last=False, since={})
        assert stage.happened == ["boot run-42", "close cluster1"]
        assert stage.labs[0].kept


class TestKeep:
    def test_failed_keeps_the_lab_of_a_scenario_that_failed_as_it_is(self, stage: Stage) -> None:
        kept = keeper(keep="failed")
        kept.cluster()
        kept.take_back(failed=True, last=False, since={})
        assert stage.happened == ["boot run-42", "close cluster1"]
        assert stage.labs[0].kept
        assert not stage.labs[0].in_use()
        kept.cluster()
        kept.close()
        assert stage.happened[2:] == ["boot run-42-2", "close cluster2", "take down run-42-2"]
        assert not stage.labs[1].kept

    def test_failed_keeps_none_that_passed(self, stage: Stage) -> None:
        kept = keeper(keep="failed")
        kept.cluster()
        kept.take_back(failed=False, last=True, since={})
        kept.close()
        assert stage.happened[-1] == "take down run-42"
        assert not stage.labs[0].kept

    def test_never_keeps_none_that_failed(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        kept.take_back(failed=True, last=False, since={})
        kept.close()
        assert stage.happened == ["boot run-42", "reset cluster1", "close cluster1", "take down run-42"]

    def test_always_keeps_the_last_one(self, stage: Stage) -> None:
        kept = keeper(keep="always")
        kept.cluster()
        kept.take_back(failed=False, last=True, since={})
        kept.close()
        assert stage.happened == ["boot run-42", "check cluster1", "close cluster1"]
        assert stage.labs[0].kept

    def test_always_keeps_none_that_broke(self, stage: Stage) -> None:
        kept = keeper(keep="always")
        kept.cluster()
        stage.wrong["reset"] = LabBroken("gone")
        with pytest.raises(LabBroken):
            kept.take_back(failed=False, last=False, since={})
        assert stage.happened[-1] == "take down run-42"


class TestReuse:
    @pytest.mark.parametrize("keep", ["never", "failed", "always"])
    @pytest.mark.parametrize("failed", [True, False])
    def test_it_is_reset_first_and_never_taken_down(
        self, stage: Stage, tmp_path: Path, keep: str, failed: bool
    ) -> None:
        made_by_up(tmp_path)
        kept = keeper(reuse=True, keep=keep)
        kept.cluster()
        assert stage.happened == ["use default", "reset cluster1"]
        kept.take_back(failed=failed, last=True, since={})
        kept.close()
        assert not [what for what in stage.happened if what.startswith(("take down", "boot"))]
        assert stage.labs[0].kept
        assert not stage.labs[0].in_use()

    def test_not_even_when_it_broke(self, stage: Stage, tmp_path: Path) -> None:
        made_by_up(tmp_path)
        kept = keeper(reuse=True)
        kept.cluster()
        stage.wrong["reset"] = LabBroken("gone")
        with pytest.raises(LabBroken):
            kept.take_back(failed=False, last=False, since={})
        assert not [what for what in stage.happened if what.startswith("take down")]

    def test_one_that_another_process_holds_is_refused_and_left(self, stage: Stage, tmp_path: Path) -> None:
        lab = made_by_up(tmp_path)
        kept = keeper(reuse=True)
        with lab.lock():
            with pytest.raises(UsageProblem, match="in use by process 42"):
                kept.cluster()
            kept.close()
        assert stage.happened == []
