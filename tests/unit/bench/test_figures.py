"""What `make bench` says of its figures: medians, ratios, and what is above its limit."""

import pytest

from bench import figures
from bench.figures import FIGURES

BASE = {"up": [10.0, 11.0, 9.0], "command": [0.004, 0.004, 0.004], "flow": [60.0, 50.0, 55.0]}


def head(**changed: list[float]) -> dict[str, list[float]]:
    """As fast as the base, but for what is given."""
    return {**BASE, "shell": [58.0, 50.0, 55.0], **changed}


def over(now: dict[str, list[float]]) -> list[str]:
    return figures.over({"decbe5f": BASE, "HEAD": now}, ["decbe5f", "HEAD"])


def test_medians_ranges_and_the_ratios_of_rounds() -> None:
    found = figures.table({"decbe5f": BASE, "HEAD": head(up=[10.5, 11.0, 9.9])}, ["decbe5f", "HEAD"])
    assert "| what | decbe5f | HEAD | ratio | limit |" in found
    row = next(line for line in found.splitlines() if "vagrant up" in line)
    assert "| 10.0 s (9.0 to 11.0, n = 3) | 10.5 s (9.9 to 11.0, n = 3) | 1.05 (1.00 to 1.10) |" in row
    assert row.endswith("| 1.05 times, 12 s |")
    assert "| 4.0 ms (4.0 to 4.0, n = 3) |" in found


def test_as_fast_as_before_is_not_above_a_limit() -> None:
    assert over(head()) == []


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("up", [10.6, 10.6, 10.6], "1.06 times, at most 1.05"),
        ("up", [12.5, 12.5, 12.5], "12.5 s, at most 12 s"),
        ("command", [0.0043] * 3, "one command on a machine: 1.07 times"),
        ("flow", [62.0, 62.0, 62.0], "1.13 times the shell, at most 1.10"),
        ("plugin", [0.301] * 3, "301 ms, at most 300 ms"),
        ("entry", [0.051] * 3, "51 ms, at most 50 ms"),
        ("setup", [2.5] * 3, "2.5 s, at most 2 s"),
    ],
)
def test_what_is_above_its_limit_is_named(name: str, values: list[float], words: str) -> None:
    assert any(words in reason for reason in over(head(**{name: values}))), over(head(**{name: values}))


def test_one_slow_round_is_no_reason() -> None:
    assert over(head(up=[10.0, 30.0, 9.0])) == []


def test_alone_there_is_nothing_to_compare_with() -> None:
    found = figures.table({"HEAD": head()}, ["HEAD"])
    assert "ratio" not in found
    assert "| 12 s |" in found
    assert figures.over({"HEAD": head(up=[11.9] * 3)}, ["HEAD"]) == []
    assert figures.over({"HEAD": head(up=[12.1] * 3)}, ["HEAD"]) != []


def test_what_the_base_does_not_have_is_left_empty() -> None:
    row = next(
        each
        for each in figures.rows({"b": BASE, "HEAD": head(entry=[0.03])}, ["b", "HEAD"])
        if "loads" in each.cells[0]
    )
    assert row.cells[1:4] == ("", "30.0 ms (30.0 to 30.0, n = 1)", "")


def test_each_figure_is_of_another_name() -> None:
    names = [figure.name for figure in FIGURES]
    assert len(names) == len(set(names))
    assert {figure.against for figure in FIGURES} <= {"", *names}
