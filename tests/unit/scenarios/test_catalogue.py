"""The catalogue of scenarios: none is lost, each says what it is, and every stored result belongs to one."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pretended.checkout import Checkout, copy_checkout
from swarmdrill.results.names import current_name, former_names, id_of
from swarmdrill.results.store import KEPT

# By id and case. A scenario that is new is added here; one that goes takes its evidence out of every report.
CATALOGUE = frozenset(Path(__file__).with_name("catalogue.txt").read_text(encoding="utf-8").splitlines())
# A pytest plugin that writes down what was collected.
PROBE = """
import json, os
from swarmdrill.pytestplugin.items import about_of, name_of

def pytest_collection_finish(session):
    found = []
    for item in session.items:
        about, docstring = about_of(item), (item.function.__doc__ or "").strip()
        found.append({"name": name_of(item), "title": about.title if about else "", "docstring": docstring})
    with open(os.environ["PROBE_FILE"], "w") as file:
        json.dump(found, file)
"""
PLANTED = '''
from swarmdrill.pytestplugin.markers import scenario

@scenario(id="planted", title="Full flow: back up, delete, restore")
def test_says_nothing_of_itself(): pass

def test_no_scenario(): """Does."""
'''

Found = list[dict[str, Any]]
Collect = Callable[[], Found]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    copy = copy_checkout(tmp_path_factory.mktemp("catalogue"))
    (copy.root / "probe.py").write_text(PROBE)
    return copy


def collect(checkout: Checkout) -> Found:
    file = checkout.root / "collected.json"
    done = checkout.pytest("scenarios", "--collect-only", "-q", "-p", "probe", PROBE_FILE=str(file))
    assert done.returncode == 0, done.stdout + done.stderr
    found: Found = json.loads(file.read_text())
    return found


def wrong(found: Found) -> dict[str, str]:
    """What is wrong with what was collected, by name: lost, unknown, or it does not say what it is."""
    names = {item["name"] for item in found}
    problems = dict.fromkeys(CATALOGUE - names, "lost") | dict.fromkeys(names - CATALOGUE, "not in the catalogue")
    titles: dict[str, str] = {}
    for item in found:
        if not item["docstring"]:
            problems[item["name"]] = "no docstring"
        elif titles.setdefault(item["title"], id_of(item["name"])) != id_of(item["name"]):
            problems[item["name"]] = "the title of another"
    return problems


def test_no_scenario_is_lost_and_each_says_what_it_is(checkout: Checkout) -> None:
    assert wrong(collect(checkout)) == {}


def test_the_check_sees_each_fault(checkout: Checkout) -> None:
    planted = checkout.root / "scenarios" / "test_planted.py"
    planted.write_text(PLANTED)
    try:
        found = collect(checkout)
    finally:
        planted.unlink()
    full_flow = next(item for item in found if item["name"] == "full-flow")
    for item in found:
        item["docstring"] = item["docstring"] if item["name"] != "full-flow" else ""
    found = [item for item in found if item["name"] != "hot-copies"]
    same_title = {"name": "another", "title": full_flow["title"], "docstring": "Does."}
    problems = wrong([*found, {**full_flow, "name": "full-flow-2", "docstring": "Does."}, same_title])
    assert problems == {
        "full-flow": "no docstring",
        "planted": "no docstring",
        "hot-copies": "lost",
        "scenarios/test_planted.py::test_no_scenario": "not in the catalogue",
        "another": "the title of another",
        "full-flow-2": "not in the catalogue",
    }


def stored_names() -> set[str]:
    """The names in all stored runs, as they are in the files."""
    runs = [json.loads(path.read_text(encoding="utf-8")) for path in KEPT.glob("*.json")]
    return {each["name"] for run in runs for each in run["scenarios"]}


def test_every_stored_result_belongs_to_a_scenario() -> None:
    """A case may have gone, as where a scenario got parameters; what was found then is its scenario's all the same."""
    ids = {id_of(name) for name in CATALOGUE}
    assert len(stored_names()) >= 88
    assert {name: current_name(name) for name in stored_names() if id_of(current_name(name)) not in ids} == {}


def test_a_former_name_means_a_scenario_and_no_two_the_same() -> None:
    ids = {id_of(name) for name in CATALOGUE}
    assert set(former_names().values()) <= ids
    assert len(set(former_names().values())) == len(former_names())


@pytest.mark.parametrize(
    ("stored", "today"),
    [
        ("scenarios/test_restore_one.py::test_restore_only_one[other follower]", "restore-one[other follower]"),
        ("scenarios/test_full_flow.py::test_full_flow", "full-flow"),
        ("restore-one[leader]", "restore-one[leader]"),
        ("test_mine.py::test_mine[a[b]]", "test_mine.py::test_mine[a[b]]"),
    ],
)
def test_what_a_stored_name_is_called_today(stored: str, today: str) -> None:
    assert current_name(stored) == today
