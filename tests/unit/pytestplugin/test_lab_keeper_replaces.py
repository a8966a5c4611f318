"""When a keeper replaces a lab: it broke, or a scenario changed its engines."""

from pathlib import Path

import pytest

from pretended.keeper_stage import Stage, keeper, staged
from swarmdrill.base.errors import ConditionNotMet, LabBroken, MachineErrors
from swarmdrill.base.messages import said
from swarmdrill.machines.plan import Node, Plan
from swarmdrill.swarm.logs import LogMark


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return staged(tmp_path, monkeypatch)


class TestBrokenLab:
    @pytest.mark.parametrize(
        "problem",
        [
            LabBroken(said("manager2 cannot be reached")),
            MachineErrors({"manager2": LabBroken(said("gone")), "manager3": LabBroken(said("gone"))}),
            ConditionNotMet(said("timed out: every manager sees all nodes ready")),
            OSError("connection reset"),
        ],
    )
    def test_one_that_cannot_be_reset_is_replaced(self, stage: Stage, problem: Exception) -> None:
        kept = keeper()
        kept.cluster()
        stage.wrong["reset"] = problem
        with pytest.raises(LabBroken) as broken:
            kept.take_back(failed=False, last=False, since=LogMark({}))
        assert str(broken.value) == f"the lab could not be brought back and was replaced: {problem}"
        assert broken.value.__cause__ is problem
        assert stage.happened == [
            "boot run-42-c0ffee",
            "reset cluster1",
            "question cluster1",
            "close cluster1",
            "take down run-42-c0ffee",
        ]
        assert not stage.labs[0].in_use()

        stage.wrong.clear()
        kept.cluster()
        assert stage.happened[5:] == ["boot run-42-c0ffee-2"]
        kept.take_back(failed=False, last=False, since=LogMark({}))
        assert stage.happened[6:] == ["reset cluster2"]

    def test_a_machine_that_is_not_sound_after_the_last_scenario_is_said(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        stage.wrong["check"] = LabBroken(said("manager2 cannot be reached"))
        with pytest.raises(LabBroken, match="manager2 cannot be reached"):
            kept.take_back(failed=False, last=True, since=LogMark({}))
        assert stage.happened[-1] == "take down run-42-c0ffee"

    def test_one_that_does_not_boot_can_be_ended_and_the_next_is_another(self, stage: Stage) -> None:
        kept = keeper("gw0")
        stage.wrong["boot"] = LabBroken(said("vagrant up failed"))
        with pytest.raises(LabBroken, match="vagrant up failed"):
            kept.cluster()
        kept.close(broken=True)
        stage.wrong.clear()
        kept.cluster()
        assert stage.happened == [
            "boot run-42-c0ffee-gw0",
            "show boot of run-42-c0ffee-gw0",
            "take down run-42-c0ffee-gw0",
            "boot run-42-c0ffee-gw0-2",
        ]

    def test_one_that_cannot_be_taken_down_is_let_go_all_the_same(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        stage.wrong["take down"] = LabBroken(said("docker rm failed"))
        with pytest.raises(LabBroken, match="docker rm failed"):
            kept.close()
        assert not stage.labs[0].in_use(), "another process can reap it"
        stage.wrong.clear()
        kept.cluster()
        assert stage.happened[-1] == "boot run-42-c0ffee-2"


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
        kept.take_back(failed=False, last=False, since=LogMark({}))
        kept.cluster()
        assert stage.happened == [
            "boot run-42-c0ffee",
            "close cluster1",
            "take down run-42-c0ffee",
            "boot run-42-c0ffee-2",
        ]
        assert not stage.labs[0].in_use()

    def test_a_lab_with_a_plan_that_was_not_changed_is_reset(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        stage.labs[0].store(Plan("x", "docker", "26.1.5", "n", "s", False, 1.0, {}, (Node("m", "manager", "a"),)))
        kept.take_back(failed=False, last=False, since=LogMark({}))
        assert stage.happened == ["boot run-42-c0ffee", "reset cluster1"]

    def test_after_the_last_scenario_it_goes_as_any_other(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        self.changed(stage)
        kept.take_back(failed=False, last=True, since=LogMark({}))
        kept.close()
        assert stage.happened == ["boot run-42-c0ffee", "check cluster1", "close cluster1", "take down run-42-c0ffee"]

    def test_one_that_failed_is_kept_as_it_is(self, stage: Stage) -> None:
        kept = keeper(keep="failed")
        kept.cluster()
        self.changed(stage)
        kept.take_back(failed=True, last=False, since=LogMark({}))
        assert stage.happened == ["boot run-42-c0ffee", "close cluster1"]
        assert stage.labs[0].kept
