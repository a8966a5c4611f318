"""What a scenario needs of its lab: a shape of its own, also by the run's engine, and what is skipped without it."""

from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import Settings
from swarmdrill.machines.capabilities import ENGINE_CHANGE
from swarmdrill.procedures import upgrade
from swarmdrill.pytestplugin import hooks, items
from swarmdrill.pytestplugin.markers import MARKER, About, Shape

ASKED = {"provider": "docker", "engine": "26.1.5", "managers": "3", "workers": "0", "reuse": "no"}
SETTINGS = Settings.read(ASKED, lambda key: None)


@dataclass
class Scenario:
    """An item by its markers; what was added to it."""

    needs: tuple[str, ...] = ()
    shape: Shape = field(default_factory=Shape)
    skipped: list[str] = field(default_factory=list)

    def get_closest_marker(self, name: str) -> pytest.Mark | None:
        about = About("x", "X", (), self.needs, self.shape, "normal", 0, "test_x.py:1")
        return pytest.mark.scenario(about).mark if name == MARKER else None

    def add_marker(self, marker: pytest.MarkDecorator) -> None:
        self.skipped.append(marker.kwargs["reason"])


def skipped(scenario: Scenario, settings: Settings) -> list[str]:
    hooks._skip_what_machines_cannot(cast(pytest.Item, scenario), settings)
    return scenario.skipped


class TestShape:
    def test_without_a_marker_it_is_what_the_run_was_asked_for(self) -> None:
        assert items.settings_for(cast(pytest.Item, Scenario()), SETTINGS) == SETTINGS

    def test_an_engine_can_follow_from_the_run_s(self) -> None:
        scenario = Scenario(shape=Shape(managers=5, engine=lambda run: upgrade.back(run).before))
        found = items.settings_for(cast(pytest.Item, scenario), SETTINGS)
        assert found == replace(SETTINGS, managers=5, engine=upgrade.back(SETTINGS.engine).before)
        assert items.shape_of(cast(pytest.Item, scenario), SETTINGS) == f"engine={found.engine} managers=5"

    def test_an_engine_that_is_in_no_catalogue_is_refused(self) -> None:
        scenario = Scenario(shape=Shape(engine=lambda run: upgrade.to_newest(run).before))
        with pytest.raises(UsageProblem, match=r"'0\.1' is in no catalogue"):
            items.settings_for(cast(pytest.Item, scenario), replace(SETTINGS, engine="0.1"))


class TestSkipped:
    def test_containers_can_have_another_engine(self) -> None:
        assert skipped(Scenario(needs=(ENGINE_CHANGE,)), SETTINGS) == []

    def test_machines_cannot_and_it_says_who_can(self) -> None:
        (reason,) = skipped(Scenario(needs=(ENGINE_CHANGE,)), replace(SETTINGS, provider="libvirt"))
        assert reason.startswith("provider libvirt has no change of engine: ")
        assert reason.endswith("; run it with --provider=docker")

    def test_the_lab_that_is_reused_keeps_its_engines(self) -> None:
        (reason,) = skipped(Scenario(needs=(ENGINE_CHANGE,)), replace(SETTINGS, reuse=True))
        assert reason == "changes the machines' engines, and the lab that is reused stays"

    def test_the_lab_that_is_reused_has_its_engine(self) -> None:
        (reason,) = skipped(Scenario(shape=Shape(engine="20.10.5")), replace(SETTINGS, reuse=True))
        assert reason == "needs 3 managers and 0 workers with engine 20.10.5, which the lab that is reused has not"
        assert skipped(Scenario(), replace(SETTINGS, reuse=True)) == []
