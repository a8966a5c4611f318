"""Which node ids `--repeat` makes of those that it is given."""

import pytest

from swarmdrill.pytestplugin.collecting.repeat import all_trials

CASE = "scenarios/test_a.py::test_a[2 of 3, not the leader]"


@pytest.mark.parametrize(
    ("argument", "repeat", "expected"),
    [
        (CASE, 2, [f"{CASE[:-1]}-trial1]", f"{CASE[:-1]}-trial2]"]),
        (CASE, 1, [CASE]),
        (f"{CASE[:-1]}-trial7]", 2, [f"{CASE[:-1]}-trial7]"]),
        ("scenarios/test_a.py::test_a[trial3]", 2, ["scenarios/test_a.py::test_a[trial3]"]),
        ("scenarios/test_a.py::test_a", 2, ["scenarios/test_a.py::test_a"]),
        ("scenarios", 2, ["scenarios"]),
    ],
)
def test_a_case_stands_for_all_its_trials(argument: str, repeat: int, expected: list[str]) -> None:
    assert all_trials(argument, repeat) == expected
