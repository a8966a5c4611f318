"""The picture of the odds: what is certain, what was measured, and what it says to those who do not see it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from swarmdrill.raft.plot import MANAGERS, Measured, chance, describe, draw, main, read_measured, svg

SEVEN_OF_TWENTY = Measured(3, 2, 7, 20)


class TestMeasured:
    def test_read(self, tmp_path: Path) -> None:
        file = tmp_path / "measured.json"
        trials = [
            {"managers": 3, "restored": 2, "newest": 7, "trials": 20},
            {"managers": 5, "restored": 3, "newest": 4, "trials": 4, "elections": 2},
        ]
        file.write_text(json.dumps(trials))
        assert read_measured(file) == (SEVEN_OF_TWENTY, Measured(5, 3, 4, 4, 2))

    def test_another_field_is_not_ignored(self, tmp_path: Path) -> None:
        file = tmp_path / "measured.json"
        file.write_text('[{"managers": 3, "restored": 2, "newest": 7, "runs": 20}]')
        with pytest.raises(TypeError, match="runs"):
            read_measured(file)

    @pytest.mark.parametrize("fields", ['"managers": 9', '"elections": 3', '"trials": 0'])
    def test_what_has_no_place_is_not_dropped(self, tmp_path: Path, fields: str) -> None:
        file = tmp_path / "measured.json"
        file.write_text(f'[{{"managers": 3, "restored": 2, "newest": 0, "trials": 1, {fields}}}]')
        with pytest.raises(ValueError, match="no place"):
            read_measured(file)


class TestChance:
    @pytest.mark.parametrize("managers", MANAGERS)
    def test_certain_ends(self, managers: int) -> None:
        assert chance(managers, 0, 1, 1) == 1
        assert chance(managers, managers // 2, 1, 1) == 1
        assert chance(managers, managers, 1, 1) == 0

    def test_in_between(self) -> None:
        assert 0 < chance(3, 2, 1, 60) < 1
        assert chance(3, 2, 2, 30) > 0.9


class TestPicture:
    def test_the_same_input_gives_the_same_bytes(self) -> None:
        first, second = (svg(draw([SEVEN_OF_TWENTY], 2), "said") for _ in range(2))
        assert first == second

    def test_has_every_line_a_title_and_a_description(self) -> None:
        root = ET.fromstring(svg(draw([SEVEN_OF_TWENTY], 2), "said"))
        assert root.get("role") == "img"
        assert [root[0].text, root[1].text] == ["How likely the newest state is to win", "said"]
        words = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
        assert [words.count(f"of {managers}") for managers in MANAGERS] == [2] * 5
        assert "measured, 95 % interval" in words

    def test_without_trials_nothing_is_said_of_them(self) -> None:
        root = ET.fromstring(svg(draw([], 2), describe([])))
        assert "measured" not in "".join(root.itertext()).lower()

    def test_description_has_the_interval(self) -> None:
        assert "2 of 3 restored: 7 of 20 times, 95 % interval 18 to 57 %." in describe([SEVEN_OF_TWENTY])

    @pytest.mark.parametrize("name", ["odds.svg", "odds.png"])
    def test_command(self, tmp_path: Path, name: str) -> None:
        measured = tmp_path / "measured.json"
        measured.write_text('[{"managers": 3, "restored": 2, "newest": 7, "trials": 20}]')
        main(["--measured", str(measured), "--out", str(tmp_path / name), "--trials", "2"])
        assert (tmp_path / name).stat().st_size > 10_000
