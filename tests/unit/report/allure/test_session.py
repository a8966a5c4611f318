"""What the controller adds to Allure's results; categories are tried on what allure-pytest really writes."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from swarmdrill.base.errors import LabBroken
from swarmdrill.report.allure.page import configuration
from swarmdrill.report.allure.session import categories, executor, write_session

ROOT = Path(__file__).resolve().parents[4]


class CableCut(LabBroken):
    """A kind of broken lab that harness/swarmdrill/base/errors.py does not know."""


# Each test raises what its name says; the comment is the category it must get.
RAISING = """
import pytest
from swarmdrill.base.errors import *
from swarmdrill.base.messages import said

def test_claim_refuted():
    raise ClaimRefuted(said("D6: the stack is back"))

def test_claim_refuted_without_message():
    raise ClaimRefuted

def test_claim_refuted_by_plain_assertion():
    assert [1, 2] == [1, 3]

def test_outcome_unknown():
    raise ConditionNotMet(said("timed out: a leader\\nClaimRefuted: this is the second line"))

def test_copy_not_faithful():
    raise UnfaithfulCopy(said("swarm-bk differs"))

def test_lab_broken():
    try:
        raise ClaimRefuted(said("a cause is not the kind"))
    except ClaimRefuted as cause:
        raise LabBroken(said("connection lost")) from cause

def test_lab_broken_on_machines():
    raise MachineErrors({"manager1": ClaimRefuted(said("swarmdrill.base.errors.ClaimRefuted")), "manager2": OSError()})

@pytest.fixture
def lab():
    raise LabBroken(said("no machine"))

def test_lab_broken_in_setup(lab):
    pass

@pytest.fixture
def cluster():
    yield
    raise LabBroken(said("no machine"))

def test_lab_broken_in_teardown(cluster):
    pass

def test_harness_error():
    raise KeyError("leader")

def test_harness_error_with_the_name_of_another():
    raise RuntimeError("swarmdrill.base.errors.LabBroken: is only quoted here")

def test_harness_error_usage():
    raise UsageProblem(said("found too late"))

def test_other_failure():
    pytest.fail("by hand")

@pytest.mark.xfail(strict=True)
def test_other_failure_that_should_have_failed():
    pass

def test_none_passed():
    pass

def test_none_skipped():
    pytest.skip("lab broken earlier")
"""


@pytest.fixture(scope="module")
def raised(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    directory = tmp_path_factory.mktemp("categories")
    (directory / "test_raising.py").write_text(RAISING, encoding="utf-8")
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "ALLURE_"))}
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(directory), "-q"),
            *("-p", "no:cacheprovider", f"--alluredir={directory / 'results'}", str(directory)),
        ],
        cwd=directory,
        env={**environ, "PYTHONPATH": str(ROOT / "harness")},
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = [json.loads(path.read_text(encoding="utf-8")) for path in directory.glob("results/*-result.json")]
    assert len(found) == 16, done.stdout + done.stderr
    return found


def matching(result: dict[str, Any], *, whole: bool) -> list[str]:
    """The categories of one result: Allure 2 wants the `whole` message to match, Allure 3 any part of it."""
    message = result.get("statusDetails", {}).get("message", "")
    return [
        row["name"]
        for row in categories()
        if result["status"] in row["matchedStatuses"]
        and (re.fullmatch if whole else re.search)(row["messageRegex"], message)
    ]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(
    "category",
    ["Claim refuted", "Outcome unknown", "Copy not faithful", "Lab broken", "Harness error", "Other failure"],
)
def test_each_exception_gets_its_category_and_no_other(
    raised: list[dict[str, Any]], category: str, whole: bool
) -> None:
    prefix = "test_" + category.lower().replace(" ", "_")
    of_this_kind = [result for result in raised if result["name"].startswith(prefix)]
    assert of_this_kind
    for result in of_this_kind:
        assert matching(result, whole=whole) == [category], result["name"]


def test_what_did_not_go_wrong_has_no_category(raised: list[dict[str, Any]]) -> None:
    fine = [result for result in raised if result["name"].startswith("test_none")]
    assert len(fine) == 2
    assert not [result for result in fine if matching(result, whole=False)]


def test_classes_derived_elsewhere_are_counted_with_their_base() -> None:
    message = f"{__name__}.CableCut: it was the cleaner"
    assert matching({"status": "broken", "statusDetails": {"message": message}}, whole=True) == ["Lab broken"]


def test_categories_are_written_for_allure_2_as_allure_3_is_configured(tmp_path: Path) -> None:
    assert configuration(tmp_path, None)["categories"] == categories()
    write_session(tmp_path, {}, {})
    assert configuration(tmp_path, None)["categories"] == categories()
    (tmp_path / "categories.json").write_text("[1]", encoding="utf-8")
    assert configuration(tmp_path, None)["categories"] == [1]


def test_environment_survives_odd_characters(tmp_path: Path) -> None:
    environment = {
        "engine": "26.1.5",
        "Lab driver": "a=b: c\\d\nnext",
        "name": "é → 🐳",
        "#x": "  !",
        "a key:": "\tv",
    }
    write_session(tmp_path / "new", environment, {})
    assert read_properties((tmp_path / "new" / "environment.properties").read_bytes()) == environment


def read_properties(raw: bytes) -> dict[str, str]:
    """Read what java.util.Properties reads, as far as one line for each key is concerned."""
    found = {}
    for line in raw.decode("ascii").splitlines():
        key, value = re.match(r"((?:\\.|[^\\=: ])*)[=: ]\s*(.*)", line, re.DOTALL).groups()  # type: ignore[union-attr]
        found[unescaped(key)] = unescaped(value)
    return found


def unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        return chr(int(match[1], 16)) if match[1] else {"n": "\n", "r": "\r", "t": "\t"}.get(match[2], match[2])

    units = re.sub(r"\\(?:u([0-9a-f]{4})|(.))", one, text)
    return units.encode("utf-16", errors="surrogatepass").decode("utf-16")


GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_WORKFLOW": "drill",
    "GITHUB_RUN_NUMBER": "7",
    "GITHUB_RUN_ID": "123",
    "GITHUB_SERVER_URL": "https://git.example",
    "GITHUB_REPOSITORY": "o/r",
}
GITLAB = {
    "GITLAB_CI": "true",
    "CI_JOB_NAME": "drill",
    "CI_PIPELINE_IID": "7",
    "CI_JOB_URL": "https://git.example/o/r/-/jobs/123",
}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        (
            GITHUB,
            {
                "name": "GitHub Actions",
                "type": "github",
                "buildName": "drill #7",
                "buildOrder": 7,
                "buildUrl": "https://git.example/o/r/actions/runs/123",
            },
        ),
        (
            GITLAB,
            {
                "name": "GitLab CI",
                "type": "gitlab",
                "buildName": "drill #7",
                "buildOrder": 7,
                "buildUrl": "https://git.example/o/r/-/jobs/123",
            },
        ),
        ({}, {"name": "local", "type": "local"}),
        ({"GITHUB_ACTIONS": "true"}, {"name": "GitHub Actions", "type": "github"}),
    ],
)
def test_the_executor_is_found_in_the_variables(environ: dict[str, str], expected: dict[str, Any]) -> None:
    assert executor(environ) == expected


def test_the_executor_is_written(tmp_path: Path) -> None:
    write_session(tmp_path, {}, GITLAB)
    assert json.loads((tmp_path / "executor.json").read_text(encoding="utf-8")) == executor(GITLAB)
