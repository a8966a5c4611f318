"""Sessions with parallel workers: how many there are, and which scenarios each of them gets."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from pretended.drills import drill
from swarmdrill.pytestplugin.session import settings_of
from swarmdrill.pytestplugin.xdist import hooks
from swarmdrill.pytestplugin.xdist.collected import Collected, read, write
from swarmdrill.pytestplugin.xdist.hooks import expected
from swarmdrill.results import store
from swarmdrill.results.store import stored_runs

# Expected to take 15 s each, and 215 s: what two workers share is 223 s, and a lab.
SHAPED = """
import pytest
from swarmdrill.pytestplugin.markers import Shape, case, scenario

FIVE = Shape(managers=5)

@scenario(id="shaped", title="Shaped")
@pytest.mark.parametrize("part", [1, case(2, shape=FIVE), 3, case(4, shape=FIVE), 5, 6, 7])
def test_shaped(part):
    pass

@scenario(id="shaped-skipped", title="Skipped", shape=FIVE)
@pytest.mark.skip
def test_shaped_skipped():
    pass

@scenario(id="shaped-long", title="Long", restarts=10)
def test_shaped_long():
    pass
"""
LISTENER = """
def pytest_sessionstart(session):
    option = session.config.option
    if not hasattr(session.config, 'workerinput'):
        print('\\ndealt', option.numprocesses, option.maxschedchunk, option.dist)

def pytest_runtest_logreport(report):
    if report.when == 'setup' and hasattr(report, 'node'):
        print('\\nran', report.node.gateway.id, report.nodeid.split('::')[1])

def pytest_sessionfinish(session):
    dealer = session.config.pluginmanager.getplugin('dsession')
    print('\\nby', type(getattr(dealer, 'sched', None)).__name__)
"""


def listened(directory: Path, *arguments: str) -> str:
    """What a session prints that also says how it deals, and what ran where."""
    (directory / "plugin_of_the_test.py").write_text(LISTENER)
    (directory / "test_shaped.py").write_text(SHAPED)
    return drill(directory, "-p", "plugin_of_the_test", "-s", *arguments).text


def dealing(directory: Path, *arguments: str) -> tuple[str, ...]:
    """Number of workers, chunk, xdist's way to deal, and the scheduler."""
    text = listened(directory, *arguments)
    found = re.findall(r"^(?:dealt (\S+) (\S+) (\S+)|by (\S+))$", text, re.MULTILINE)
    assert len(found) == 2, text
    return (*found[0][:3], found[1][3])


def test_scenarios_are_dealt_by_their_labs_unless_the_user_says_otherwise(tmp_path: Path) -> None:
    dies = ("-k", "dies")
    assert dealing(tmp_path, "-n2", *dies) == ("2", "None", "load", "UnitScheduling")
    assert dealing(tmp_path, "-n2", *dies, "--dist=load") == ("2", "None", "load", "LoadScheduling")
    assert dealing(tmp_path, "-n2", *dies, "--dist=worksteal") == ("2", "None", "worksteal", "WorkStealingScheduling")
    assert dealing(tmp_path, "-n2", *dies, "--maxschedchunk=7") == ("2", "7", "load", "LoadScheduling")
    assert dealing(tmp_path, "-n0", *dies) == ("0", "None", "no", "NoneType")
    assert dealing(tmp_path, *dies)[3] == "NoneType"


def test_those_that_need_another_lab_are_for_the_worker_that_begins_with_them(tmp_path: Path) -> None:
    text = listened(tmp_path, "-n2", "test_shaped.py", "-k", "shaped")
    ran = defaultdict(list)
    for worker, name in re.findall(r"^ran (\S+) (\S+)$", text, re.MULTILINE):
        ran[worker].append(name)
    with_five, other = sorted(ran.values(), key=lambda names: "test_shaped_long" in names)
    assert with_five[:2] == ["test_shaped[2]", "test_shaped[4]"], text
    assert other[0] == "test_shaped_long"
    assert len(with_five) + len(other) == 9


def test_auto_is_no_more_workers_than_scenarios(tmp_path: Path) -> None:
    assert dealing(tmp_path, "-nauto", "-k", "dies")[0] == "1"


def test_in_whatever_order_plugins_were_registered(tmp_path: Path) -> None:
    """What `-p` names is registered before all that is installed, xdist among it, and so is asked after it."""
    assert dealing(tmp_path, "-p", "swarmdrill.pytestplugin.hooks", "-nauto", "-k", "dies")[0] == "1"


def test_xdists_own_variable_for_auto_still_holds(tmp_path: Path) -> None:
    session = drill(tmp_path, "-nauto", "-k", "some", PYTEST_XDIST_AUTO_NUM_WORKERS="2")
    (document,) = session.stored()
    assert document["run"]["parallel"] == 2


def test_parallel_workers_begin_with_what_took_longest_last_time(tmp_path: Path) -> None:
    """By their markers both take the same, and the leader's would be first."""
    known = drill(tmp_path, "-k", "some").stored()[0]
    for each in known["scenarios"]:
        each["seconds"] = 500.0 if "follower" in each["name"] else 1.0
    next(tmp_path.glob("reports/results/*")).write_text(json.dumps(known))
    session = drill(tmp_path, "-n1", "-k", "some")
    assert [each["name"] for each in session.stored()[-1]["scenarios"]] == [
        "some[follower]",
        "some[leader]",
    ]


def test_the_marker_counts_where_no_run_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    path = tmp_path / "collected.json"
    names = ("known", "unknown", "skipped")
    write({name: Collected(name, "managers=5", 5, 35.0 if name != "skipped" else 0.0) for name in names}, path)
    asked: list[Path] = []

    def longest(directories: Iterable[Path], _: str) -> dict[str, float]:
        asked.extend(directories)
        return {"known": 2.0, "skipped": 3.0}

    monkeypatch.setattr(store, "longest_seconds", longest)
    pytestconfig.stash[hooks._COLLECTED] = path
    found = expected(pytestconfig)
    del pytestconfig.stash[hooks._COLLECTED]
    assert {name: each.seconds for name, each in found.items()} == {"known": 2.0, "unknown": 35.0, "skipped": 0.0}
    assert {each.shape for each in found.values()} == {"managers=5"}
    assert asked == [store.KEPT, stored_runs(settings_of(pytestconfig))]


@pytest.mark.parametrize("text", [None, "", "[", '{"a": {"name": "a"', '{"a": {"name": "a"}}', '{"a": []}'])
def test_nothing_is_known_where_nobody_wrote_it(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "collected.json"
    if text is not None:
        path.write_text(text)
    assert read(path) == {}


def test_what_cannot_be_written_is_not(tmp_path: Path) -> None:
    write({}, tmp_path / "absent" / "collected.json")
    assert not (tmp_path / "absent").exists()
