"""Which scenarios are put together for one worker."""

import pytest

from swarmdrill.pytestplugin.xdist.units import Expected, units

BOOT = 100.0


def five(*seconds: float) -> list[Expected]:
    return [Expected("managers=5", each) for each in seconds]


def usual(*seconds: float) -> list[Expected]:
    return [Expected("", each) for each in seconds]


def test_those_of_one_shape_are_together_and_the_others_alone_the_longest_first() -> None:
    items = [*usual(20, 300, 50), *five(30, 90, 60)]
    assert units(items, 2, BOOT) == [[4, 5, 3], [1], [2], [0]]


def test_no_unit_is_longer_than_a_worker_s_share_with_the_boot_of_its_lab() -> None:
    """Five of 130 s, of 1,250 s in all: two workers have 625 s each, three have 417 s."""
    items = [*five(*[130] * 5), *usual(*[100] * 6)]
    assert [len(unit) for unit in units(items, 2, BOOT)[:2]] == [4, 1]
    assert [len(unit) for unit in units(items, 3, BOOT)[:2]] == [3, 2]


def test_the_longest_of_all_is_a_share_that_cannot_be_made_smaller() -> None:
    """With a worker for each, whoever has the 600 s ends last."""
    assert units([*five(100, 100, 100), *usual(600)], 10, BOOT)[0] == [0, 1, 2]


def test_shapes_share_a_unit_where_both_boots_fit() -> None:
    other = Expected("workers=1", 50)
    assert units([*five(150), other, *usual(400, 400)], 3, BOOT)[0] == [0, 1]
    assert units([*five(250), other, *usual(300, 300)], 3, BOOT)[:2] == [[0], [1]]


def test_a_scenario_is_with_those_of_its_shape_even_where_an_earlier_unit_has_room() -> None:
    other = [Expected("workers=1", 200), Expected("workers=1", 50)]
    assert units([*five(300), *other, *usual(225, 225)], 2, BOOT)[:2] == [[0], [1, 2]]


def test_a_shape_that_is_split_comes_in_one_piece_in_each_unit() -> None:
    items = [*five(200, 30, 200), Expected("workers=1", 20), *usual(200)]
    for unit in units(items, 2, 10):
        shapes = [items[index].shape for index in unit]
        assert len(set(shapes)) == sum(a != b for a, b in zip(["-", *shapes], shapes, strict=False))


def test_the_longest_unit_is_the_first() -> None:
    assert units([*five(100, 100, 100), Expected("workers=1", 200)], 9, BOOT) == [[0, 1], [3], [2]]


def test_repeated_trials_of_one_scenario_are_for_all_workers() -> None:
    made = units(five(*[148.7] * 20), 10, BOOT)
    assert len(made) >= 10
    assert max(len(unit) for unit in made) <= 2


@pytest.mark.parametrize("workers", [1, 2, 9])
@pytest.mark.parametrize("items", [[], usual(0, 0), five(0), [*usual(7, 8), *five(1, 2, 3), Expected("x", 4)]])
def test_every_item_is_there_once(workers: int, items: list[Expected]) -> None:
    assert sorted(index for unit in units(items, workers, BOOT) for index in unit) == [*range(len(items))]


def test_equal_ones_keep_their_order() -> None:
    assert units(usual(*[5] * 8), 2, BOOT) == [[index] for index in range(8)]
