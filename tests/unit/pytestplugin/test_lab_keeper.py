"""The keeper's own decisions: when a lab is booted, reset, kept, replaced.

The stand-ins do nothing; they record that they were called.
"""

from pathlib import Path

import pytest

from pretended.keeper_stage import Stage, keeper, staged
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.machines.lab import Lab
from swarmdrill.swarm.logs import LogMark


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    return staged(tmp_path, monkeypatch)


def made_by_up(tmp_path: Path) -> Lab:
    """The lab that --reuse uses."""
    lab = Lab(tmp_path / "labs" / "default")
    lab.directory.mkdir(parents=True)
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
        kept.take_back(failed=False, last=False, since=LogMark({}))
        assert kept.cluster() is first
        kept.take_back(failed=False, last=True, since=LogMark({}))
        kept.close()
        assert stage.happened == [
            "boot run-42-c0ffee",
            "reset cluster1",
            "check cluster1",
            "close cluster1",
            "take down run-42-c0ffee",
        ]
        assert not stage.labs[0].in_use()

    def test_after_the_last_scenario_nothing_is_reset(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        kept.take_back(failed=True, last=True, since=LogMark({}))
        assert stage.happened == ["boot run-42-c0ffee", "check cluster1"]

    def test_each_worker_has_a_lab_of_its_own(self, stage: Stage) -> None:
        keeper("gw1").cluster()
        assert stage.labs[0].directory.name == "run-42-c0ffee-gw1"

    def test_closing_without_a_lab_does_nothing(self, stage: Stage) -> None:
        kept = keeper()
        kept.close()
        kept.take_back(failed=False, last=True, since=LogMark({}))
        assert stage.happened == []

    def test_closing_twice_takes_down_once(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        kept.close()
        kept.close()
        assert stage.happened.count("take down run-42-c0ffee") == 1


class TestKeep:
    def test_failed_keeps_the_lab_of_a_scenario_that_failed_as_it_is(self, stage: Stage) -> None:
        kept = keeper(keep="failed")
        kept.cluster()
        kept.take_back(failed=True, last=False, since=LogMark({}))
        assert stage.happened == ["boot run-42-c0ffee", "close cluster1"]
        assert stage.labs[0].kept
        assert not stage.labs[0].in_use()
        kept.cluster()
        kept.close()
        assert stage.happened[2:] == ["boot run-42-c0ffee-2", "close cluster2", "take down run-42-c0ffee-2"]
        assert not stage.labs[1].kept

    def test_failed_keeps_none_that_passed(self, stage: Stage) -> None:
        kept = keeper(keep="failed")
        kept.cluster()
        kept.take_back(failed=False, last=True, since=LogMark({}))
        kept.close()
        assert stage.happened[-1] == "take down run-42-c0ffee"
        assert not stage.labs[0].kept

    def test_never_keeps_none_that_failed(self, stage: Stage) -> None:
        kept = keeper()
        kept.cluster()
        kept.take_back(failed=True, last=False, since=LogMark({}))
        kept.close()
        assert stage.happened == ["boot run-42-c0ffee", "reset cluster1", "close cluster1", "take down run-42-c0ffee"]

    def test_always_keeps_the_last_one(self, stage: Stage) -> None:
        kept = keeper(keep="always")
        kept.cluster()
        kept.take_back(failed=False, last=True, since=LogMark({}))
        kept.close()
        assert stage.happened == ["boot run-42-c0ffee", "check cluster1", "close cluster1"]
        assert stage.labs[0].kept

    def test_always_keeps_none_that_broke(self, stage: Stage) -> None:
        kept = keeper(keep="always")
        kept.cluster()
        stage.wrong["reset"] = LabBroken(said("gone"))
        with pytest.raises(LabBroken):
            kept.take_back(failed=False, last=False, since=LogMark({}))
        assert stage.happened[-1] == "take down run-42-c0ffee"


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
        kept.take_back(failed=failed, last=True, since=LogMark({}))
        kept.close()
        assert not [what for what in stage.happened if what.startswith(("take down", "boot"))]
        assert stage.labs[0].kept
        assert not stage.labs[0].in_use()

    def test_not_even_when_it_broke(self, stage: Stage, tmp_path: Path) -> None:
        made_by_up(tmp_path)
        kept = keeper(reuse=True)
        kept.cluster()
        stage.wrong["reset"] = LabBroken(said("gone"))
        with pytest.raises(LabBroken):
            kept.take_back(failed=False, last=False, since=LogMark({}))
        assert not [what for what in stage.happened if what.startswith("take down")]

    def test_one_that_another_process_holds_is_refused_and_left(self, stage: Stage, tmp_path: Path) -> None:
        lab = made_by_up(tmp_path)
        kept = keeper(reuse=True)
        with lab.lock():
            with pytest.raises(UsageProblem, match="in use by process 42"):
                kept.cluster()
            kept.close()
        assert stage.happened == []
