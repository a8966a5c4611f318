"""The proof: a fault counts as seen only if the trial was red for its sake."""

import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from fresh import __main__ as program, planted
from fresh.machine import REPOSITORY, ROOT
from fresh.planted import FAULTS, Planted
from fresh.steps import Step
from fresh.trial import Result
from swarmdrill.base.errors import UsageProblem

FAULT = Planted("a fault", "file", "good", "bad", (), "the fault's words")


def result(problem: str, *, tried: bool = True) -> Result:
    return Result(Step(ROOT, "make drill", "drill"), problem, "", 0.0, Path("log"), tried=tried)


@pytest.mark.parametrize(
    ("problems", "seen"),
    [
        ([""], False),
        (["", "exit status 2\n    the fault's words"], True),
        (["exit status 2\n    no network"], False),
        (["exit status 2\n    the fault's words", "exit status 2\n    something else"], False),
        ([], False),
    ],
)
def test_it_is_seen_when_the_one_red_step_says_it(problems: list[str], seen: bool) -> None:
    assert FAULT.seen_in([result(problem) for problem in problems]) is seen


def test_what_was_not_tried_after_it_does_not_count() -> None:
    failed = result("exit status 2\n    the fault's words")
    assert FAULT.seen_in([failed, result("not tried, since `make drill` failed", tried=False)])


@pytest.mark.parametrize("fault", planted.FAULTS, ids=lambda fault: fault.name)
def test_every_fault_can_be_planted_in_this_checkout(fault: Planted, tmp_path: Path) -> None:
    """Else the proof would be found out of date only when somebody runs it."""
    file = tmp_path / fault.path
    file.parent.mkdir(parents=True)
    shutil.copy(REPOSITORY / fault.path, file)
    fault.plant(tmp_path)
    assert file.read_text(encoding="utf-8") != (REPOSITORY / fault.path).read_text(encoding="utf-8")


@pytest.mark.parametrize("text", ["neither", "good and good"])
def test_a_fault_that_does_not_fit_any_more_is_said(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(UsageProblem, match="plant a fault anew"):
        FAULT.plant(tmp_path)


def test_there_is_a_fault_of_set_up_and_one_of_the_tests() -> None:
    assert [fault.path for fault in FAULTS] == [
        "harness/swarmdrill/setup/requirements.py",
        "tests/unit/host/test_acceleration.py",
    ]


def test_the_proof_leaves_a_case_for_each_fault(tmp_path: Path) -> None:
    unseen, *seen = FAULTS
    program.write_proof([unseen], tmp_path / "junit" / "fresh-proof.xml")
    cases = list(ElementTree.parse(tmp_path / "junit" / "fresh-proof.xml").iter("testcase"))
    assert [(case.get("name"), [child.tag for child in case]) for case in cases] == [
        (unseen.name, ["failure"]),
        *((fault.name, []) for fault in seen),
    ]
