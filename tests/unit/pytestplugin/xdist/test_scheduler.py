"""What each parallel worker gets, and how early a drill ends with it, in pretended time."""

import heapq
import random
from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from pretended.workers import Drilled, PretendedWorker, by_count, by_unit, drilled, named
from swarmdrill.pytestplugin.items import LAB_SECONDS
from swarmdrill.pytestplugin.xdist.units import Expected

# What the scenarios took in a drill of everything on 2026-11-24 (26.1.5), by the shapes of their labs; nine
# were skipped. Then another lab took 100 s on ten clusters side by side.
BOOT = 100.0
USUAL = """
275 170 126 120 119 114 112 108 107 106 100 92 86 84 83 83 83 82 81 79 77 76 74 70 69 69 66 66 65 64 63 63
59 58 57 56 56 50 48 40 37 36 28 28 17 16 15 11 10 10 9 9 7 7 5 4 3 2 0
"""
STORED = {
    "managers=5": [149, 143, 134, 112, 40],
    "workers=1": [104, 99, 93, 69],
    "workers=2": [126],
    "even_managers=True managers=4": [95],
    "even_managers=True managers=6": [119],
    "": [*map(int, USUAL.split()), *[0] * 9],
}


def catalogue(*, noise: float = 0, seed: int = 1) -> list[Expected]:
    """The scenarios of that run in an order of no meaning, each up to `noise` times longer or shorter."""
    dice = random.Random(seed)
    items = [Expected(shape, each) for shape, seconds in STORED.items() for each in seconds]
    dice.shuffle(items)
    return [Expected(each.shape, each.seconds * dice.uniform(1 - noise, 1 + noise)) for each in items]


def dealt(items: Sequence[Expected], workers: int, boot: float = BOOT, deadly: Sequence[int] = ()) -> Drilled:
    return drilled(by_unit(workers, named(items), boot), items, boot, deadly)


def longest_first(items: Sequence[Expected], workers: int, boot: float = BOOT) -> Drilled:
    """Dealt by xdist one by one in that order, whatever labs they need; first each with a short one behind it."""
    ranked = sorted(items, key=lambda item: -item.seconds)
    pairs = zip(ranked[:workers], ranked[2 * workers - 1 : workers - 1 : -1], strict=True)
    ordered = [*(item for pair in pairs for item in pair), *ranked[2 * workers :]]
    return drilled(by_count(workers), ordered, boot)


@pytest.mark.parametrize(("workers", "share"), [(10, 0.78), (8, 0.85), (4, 0.85), (2, 0.85)])
def test_the_catalogue_ends_earlier_and_boots_half_as_many_labs(workers: int, share: float) -> None:
    before, now = longest_first(catalogue(), workers), dealt(catalogue(), workers)
    assert now.seconds < share * before.seconds
    assert now.labs < 0.6 * before.labs


@pytest.mark.parametrize("noise", [0.2, 0.4])
def test_so_it_does_where_scenarios_take_longer_or_shorter_than_expected(noise: float) -> None:
    for seed in range(10):
        known, real = catalogue(seed=seed), catalogue(seed=seed, noise=noise)
        now = drilled(by_unit(10, named(known), BOOT), real, BOOT)
        assert now.seconds < 0.88 * longest_first(real, 10).seconds
        assert now.labs <= 19


@pytest.mark.parametrize("boot", [15.0, 30.0])
def test_a_boot_that_takes_less_than_expected_hardly_matters(boot: float) -> None:
    items = catalogue()
    too_much = drilled(by_unit(10, named(items), LAB_SECONDS), items, boot)
    assert too_much.seconds < 1.05 * dealt(items, 10, boot).seconds


def test_one_that_takes_longer_does() -> None:
    items = catalogue()
    assert drilled(by_unit(10, named(items), 25), items, BOOT).seconds > 1.1 * dealt(items, 10).seconds


def test_every_shape_is_booted_as_rarely_as_two_workers_can() -> None:
    """All but one of the shapes are on one worker, and two labs of the usual shape are enough."""
    booted = [worker.booted for worker in dealt(catalogue(), 2).workers]
    assert sorted(shape for each in booted for shape in each) == sorted([*STORED, ""])


def test_workers_begin_with_the_lab_that_the_longest_units_need() -> None:
    first = [worker.booted[0] for worker in dealt(catalogue(), 10).workers]
    assert first[0] == "managers=5"
    assert first.count("") == 6


def test_repeated_trials_of_one_scenario_are_spread_over_all_workers() -> None:
    found = dealt([Expected("managers=5", 148.7)] * 20, 10)
    assert [len(worker.ran) for worker in found.workers] == [2] * 10
    assert found.labs == 10


def test_a_worker_with_nothing_left_takes_the_end_of_another_s_unit_where_that_is_earlier() -> None:
    """It was expected to be busy for 1,900 s, and is after 10 s."""
    known = [*[Expected("managers=5", 600)] * 4, Expected("", 1900)]
    real = [*[Expected("managers=5", 600)] * 4, Expected("", 10)]
    found = drilled(by_unit(2, named(known), BOOT), real, BOOT)
    assert [len(worker.ran) for worker in found.workers] == [3, 2]
    assert found.seconds < BOOT + 4 * 600


def test_it_leaves_what_would_not_be() -> None:
    found = dealt([*[Expected("managers=5", 50)] * 4, Expected("", 300)], 2)
    assert [worker.booted for worker in found.workers] == [["managers=5"], [""]]


def test_a_worker_that_dies_leaves_its_unit_to_the_one_that_replaces_it() -> None:
    items = [*[Expected("managers=5", 100)] * 3, *[Expected("", 100)] * 9]
    assert dealt(items, 3).workers[0].ran[:3] == [0, 1, 2]
    found = dealt(items, 3, deadly=[0])
    assert found.died == ["0"]
    assert (found.workers[0].ran, found.workers[3].ran[:2]) == ([0], [1, 2])
    assert [worker.booted for worker in found.workers[:3]] == [["managers=5"], [""], [""]]


def test_what_comes_back_when_those_on_its_lab_have_ended_is_done_on_another() -> None:
    """As when another plugin wants a scenario to run again (xdist's `mark_test_pending`)."""
    items = [Expected("", 400), *[Expected("managers=5", 100)] * 3]
    scheduler = by_unit(2, named(items), BOOT)
    workers = [PretendedWorker(SimpleNamespace(id=name)) for name in ("gw0", "gw1")]
    for worker in workers:
        scheduler.add_node(worker)
    for worker in workers:
        scheduler.add_node_collection(worker, [*named(items)])
    scheduler.schedule()
    five, usual = sorted(workers, key=lambda worker: worker.shutting_down)
    assert [*usual.queue] == [0, None]
    scheduler.mark_test_complete(usual, 0)
    scheduler.mark_test_pending("0")
    for index in (1, 2):
        scheduler.mark_test_complete(five, index)
    assert 0 in five.queue


@pytest.mark.parametrize("workers", [1, 4, 10])
def test_whoever_dies_every_item_is_begun_once(workers: int) -> None:
    items, dice = catalogue(), random.Random(1)
    for _ in range(20):
        deadly = dice.sample(range(len(items)), 5)
        assert sorted(dealt(items, workers, deadly=deadly).died) == sorted(str(index) for index in deadly)


@pytest.mark.parametrize("workers", [1, 2, 4, 8, 20])
@pytest.mark.parametrize("number", [0, 1, 7, 8, 16, 17, 40])
def test_so_it_is_however_few_there_are(workers: int, number: int) -> None:
    """Which `drilled` asserts."""
    dealt(catalogue()[:number], workers)


def test_what_nobody_knows_anything_about_is_dealt_one_by_one_in_the_order_of_the_files() -> None:
    items = [Expected("", 10)] * 9
    found = drilled(by_unit(3, {}, BOOT), items)
    assert [worker.ran for worker in found.workers] == [[0, 5, 6], [1, 4, 7], [2, 3, 8]]


def ideal(costs: Sequence[float], workers: int) -> float:
    """The longest processing time first, each to whoever is free, which no worker has to know ahead."""
    ends = [0.0] * workers
    for cost in sorted(costs, reverse=True):
        heapq.heapreplace(ends, ends[0] + cost)
    return max(ends)


def mean_against_ideal(number: int, workers: int, *, known: bool = True) -> float:
    """For many sets of scenarios of very different length, 15 to 150 s, all on labs of the usual shape."""
    dice, ratios = random.Random(1), []
    for _ in range(60):
        costs = [15 + 20 * dice.choice([0, 0, 1, 1, 2, 2, 3, 6]) + dice.uniform(0, 15) for _ in range(number)]
        items = [Expected("", each) for each in costs]
        found = drilled(by_unit(workers, named(items) if known else {}, BOOT), items)
        ratios.append(found.seconds / ideal(costs, workers))
    return sum(ratios) / len(ratios)


@pytest.mark.parametrize("workers", [2, 4, 6, 8])
@pytest.mark.parametrize("number", [60, 80])
def test_many_scenarios_of_one_shape_end_nearly_as_early_as_they_can(number: int, workers: int) -> None:
    assert mean_against_ideal(number, workers) < 1.02


@pytest.mark.parametrize(("number", "workers", "limit"), [(9, 4, 1.12), (9, 6, 1.001), (12, 8, 1.001), (20, 6, 1.08)])
def test_few_scenarios_too(number: int, workers: int, limit: float) -> None:
    assert mean_against_ideal(number, workers) < limit


def test_the_order_of_the_files_is_worse() -> None:
    """Else nothing here would show anything."""
    assert mean_against_ideal(70, 8, known=False) > 1.08


def test_a_few_very_long_ones_are_not_dealt_to_one_worker() -> None:
    """By itself xdist gives each worker a quarter of its share at once: the first would get three of the four."""
    items = [*[Expected("", 400)] * 4, *[Expected("", 5)] * 76]
    assert drilled(by_count(4, chunk=None), items).seconds > 1200
    assert dealt(items, 4, 0).seconds == pytest.approx(sum(item.seconds for item in items) / 4, rel=0.02)
