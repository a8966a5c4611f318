"""Trials: the interval against known values, shares and what distinguishes the cases."""

import random

import pytest

from swarmdrill.base.statistics import MOST_VALUES, Trial, distribution, wilson

NEWEST = Trial("newest state", {"first candidate": "manager1 (new log)", "terms": "2,2,4"})
OLD = Trial("old state", {"first candidate": "manager2 (old log)", "terms": "2,2,4"})


@pytest.mark.parametrize(
    ("successes", "trials", "confidence", "interval"),
    [
        # R. G. Newcombe, Two-sided confidence intervals for the single proportion, Statistics in Medicine 17 (1998),
        # table I, method 3.
        (81, 263, 0.95, (0.2553, 0.3662)),
        (15, 148, 0.95, (0.0624, 0.1605)),
        (0, 20, 0.95, (0.0, 0.1611)),
        (1, 29, 0.95, (0.0061, 0.1718)),
        (20, 20, 0.95, (0.8389, 1.0)),
        (0, 0, 0.95, (0.0, 1.0)),
    ],
)
def test_wilson(successes: int, trials: int, confidence: float, interval: tuple[float, float]) -> None:
    assert wilson(successes, trials, confidence) == pytest.approx(interval, abs=5e-5)


def test_the_ends_are_exact_where_none_or_all_saw_it() -> None:
    for trials in range(1, 200):
        assert wilson(0, trials)[0] == 0
        assert wilson(trials, trials)[1] == 1


def test_more_confidence_is_wider_and_more_trials_are_narrower() -> None:
    def width(*arguments: float) -> float:
        low, high = wilson(*arguments)  # type: ignore[arg-type]
        return high - low

    assert width(5, 10, 0.99) > width(5, 10, 0.95) > width(5, 10, 0.5)
    assert width(5, 10) > width(50, 100)


def test_it_covers_the_true_share_about_as_often_as_it_says() -> None:
    dice = random.Random(1)
    for share in (0.05, 0.35, 0.5):
        intervals = [wilson(sum(dice.random() < share for _ in range(20)), 20) for _ in range(1000)]
        assert 0.9 < sum(low <= share <= high for low, high in intervals) / 1000 <= 1


@pytest.mark.parametrize(("successes", "trials", "confidence"), [(-1, 2, 0.9), (3, 2, 0.9), (1, 2, 0), (1, 2, 1)])
def test_what_is_no_share_is_refused(successes: int, trials: int, confidence: float) -> None:
    with pytest.raises(ValueError, match=r"is no share|is not between"):
        wilson(successes, trials, confidence)


def test_a_distribution_in_one_line() -> None:
    seen = distribution("a", [OLD] * 7 + [NEWEST] * 13)
    assert seen.line() == "newest state 13 of 20 (65 %, 43-82 %), old state 7 of 20 (35 %, 18-57 %)"
    assert seen.trials == 20
    assert [share.count for share in seen.shares] == [13, 7]


def test_the_table_sets_each_factor_against_the_outcomes() -> None:
    assert distribution("a", [OLD] * 2 + [NEWEST] * 13).table() == [
        "first candidate       newest state  old state",
        "  manager1 (new log)            13          0",
        "  manager2 (old log)             0          2",
        "terms: always 2,2,4",
    ]


def test_one_outcome_is_distinguished_by_nothing() -> None:
    assert distribution("a", [OLD, OLD]).table() == []


def test_none_saw_anything() -> None:
    empty = distribution("a", [])
    assert (empty.trials, empty.line(), empty.table()) == (0, "", [])


def test_a_factor_that_some_trials_do_not_say() -> None:
    table = distribution("a", [Trial("x", {"leader": "manager1"}), Trial("y", {}), Trial("y", {})]).table()
    assert table == ["leader        y  x", "  (not said)  2  0", "  manager1    0  1"]


def test_a_factor_that_always_differs_is_cut() -> None:
    trials = [Trial("xy"[number % 2], {"index": f"{number:02}"}) for number in range(20)]
    table = distribution("a", trials).table()
    assert len(table) == MOST_VALUES + 2
    assert table[-1] == f"  and {20 - MOST_VALUES} other values"


def test_a_long_outcome_does_not_widen_the_table() -> None:
    long = Trial("every manager shows the newest state, and then another one", {"n": "1"})
    assert distribution("a", [long, Trial("x", {"n": "2"})]).table()[0] == "n    every manager shows the…  x"


def test_the_order_of_the_trials_changes_nothing() -> None:
    trials = [OLD] * 3 + [NEWEST] * 3
    backwards = distribution("a", reversed(trials))
    assert backwards.line() == distribution("a", trials).line()
    assert sorted(backwards.table()) == sorted(distribution("a", trials).table())
