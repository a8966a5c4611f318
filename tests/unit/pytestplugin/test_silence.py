"""A pytest session that asks for no lab: with the plugin it is what it is without, and it pays next to nothing."""

import os
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from pretended.drills import drill
from swarmdrill.base.settings import OPTIONS

# What the lab, the reports and the searches bring. allure-pytest and hypothesis load parts of themselves anyway.
HEAVY = (
    "asyncssh",
    "python_on_whales",
    "pydantic",
    "jinja2",
    "vagrant",
    "swarmdrill.pytestplugin.drill",
    "swarmdrill.pytestplugin.lab_keeper",
    "swarmdrill.machines",
    "swarmdrill.swarm",
    "swarmdrill.report",
    "swarmdrill.results",
)
MOST_MILLISECONDS = 50
# A checkout that is not installed has no entry point: then pytest finds it by this. Where it has one, it is no clash.
PLUGIN = ("-p", "swarmdrill.pytestplugin.hooks")
PLAIN = """
import sys
import pytest

@pytest.fixture
def cluster():
    return "a cluster of this project's own"

@pytest.fixture
def settings():
    return "as pytest-django has them"

@pytest.fixture
def procedure():
    return "a procedure of this project's own"

@pytest.fixture
def stack():
    return ["a stack of this project's own"]

@pytest.mark.parametrize("engine", ["one", "two"])
def test_plain(cluster, settings, engine, procedure, stack):
    assert cluster.startswith("a cluster")
    assert procedure.startswith("a procedure")
    assert stack == ["a stack of this project's own"]
"""
SPY = f"""
import sys

def pytest_sessionfinish(session):
    print("loaded:", [name for name in {HEAVY!r} if name in sys.modules])
"""
NAMES_IT_TOO = 'pytest_plugins = ("swarmdrill.pytestplugin.hooks",)\n'


def session(directory: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-c", os.devnull, "--rootdir", str(directory), "-p", "no:cacheprovider"]
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "SWARMDRILL_"))}
    return subprocess.run(
        [*command, "-p", "no:randomly", "-p", "spy", *arguments],
        cwd=directory,
        env={**inherited, "PYTHONPATH": str(directory), "PYTHONDONTWRITEBYTECODE": "1", **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The repository of somebody who only has swarmdrill installed."""
    (tmp_path / "test_plain.py").write_text(PLAIN)
    (tmp_path / "spy.py").write_text(SPY)
    return tmp_path


def plain(text: str) -> str:
    return re.sub(r"\d+\.\d+s|^plugins: .*$", "", text, flags=re.MULTILINE)


def test_a_session_without_scenarios_is_as_without_the_plugin(project: Path) -> None:
    before = sorted(project.rglob("*"))
    (project / "conftest.py").write_text(NAMES_IT_TOO)
    found = session(project, *PLUGIN, "-v", "-s", SWARMDRILL_MANAGERS="2")
    (project / "conftest.py").unlink()
    without = session(project, "-p", "no:swarmdrill", "-v", "-s")
    assert found.returncode == without.returncode == 0, found.stdout + found.stderr
    assert "loaded: []" in found.stdout
    assert plain(found.stdout) == plain(without.stdout)
    assert found.stderr == without.stderr
    assert sorted(project.rglob("*")) == before


def test_workers_without_scenarios_are_xdists_own(project: Path) -> None:
    for workers in ("-n1", "-nauto"):
        done = session(project, *PLUGIN, workers, "-s", PYTEST_XDIST_AUTO_NUM_WORKERS="1", SWARMDRILL_MANAGERS="2")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "loaded: []" in done.stdout
    assert not (project / "reports").exists()


def test_a_scenario_that_is_not_selected_makes_no_drill(tmp_path: Path) -> None:
    """The other pytest that is asked says so, where the files alone do not tell."""
    found = drill(tmp_path, "-n1", "-k", "absent")
    assert found.status == pytest.ExitCode.NO_TESTS_COLLECTED, found.text
    assert not (found.reports / "results").exists()
    assert not (found.reports / "allure-results").exists()


def test_an_option_that_is_no_good_is_refused_in_any_session(project: Path) -> None:
    done = session(project, *PLUGIN, "--managers=2")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert done.stderr.startswith("ERROR: --managers '2': an even number tolerates no more loss than 1")


def test_a_bad_variable_is_refused_where_there_is_a_scenario(tmp_path: Path) -> None:
    for arguments in ((), ("-n1",)):
        found = drill(tmp_path, *arguments, SWARMDRILL_MANAGERS="2")
        assert found.status == pytest.ExitCode.USAGE_ERROR, found.text
        assert "ERROR: SWARMDRILL_MANAGERS '2': an even number tolerates no more loss than 1" in found.text


SHORT = {option.flag: option for option in OPTIONS} | {"--scenario": None}
# Every short name is an option of this project's own, a flag where swarmdrill's takes a value.
FOREIGN = f"""
NAMES = {list(SHORT)!r}

def pytest_addoption(parser):
    for name in NAMES:
        parser.addoption(name, action="store_true")

def pytest_sessionfinish(session):
    print("foreign:", [session.config.getoption(name) for name in NAMES])
"""


@pytest.mark.parametrize("workers", [(), ("-n1",)], ids=["serial", "workers"])
@pytest.mark.parametrize("where", ["conftest.py", "tests/conftest.py", "foreign.py"])
def test_options_that_others_have_are_theirs(project: Path, where: str, workers: tuple[str, ...]) -> None:
    """Planted: a conftest.py and a plugin that name all of them; without the long names pytest would end."""
    (project / "tests").mkdir()
    (project / "test_plain.py").rename(project / "tests" / "test_plain.py")
    (project / where).write_text(FOREIGN)
    others = ("-p", "foreign") if where == "foreign.py" else ()
    done = session(project, *PLUGIN, *others, *workers, "-s", *SHORT, "tests")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"foreign: {[True] * len(SHORT)}" in done.stdout
    assert "loaded: []" in done.stdout
    refused = session(project, *PLUGIN, *others, *workers, "--swarmdrill-managers=2", "tests")
    assert refused.returncode == pytest.ExitCode.USAGE_ERROR
    assert "--managers '2': an even number" in refused.stderr


@pytest.mark.parametrize("name", ["flag", "long_flag"])
def test_long_and_short_names_are_the_same_option(project: Path, name: str) -> None:
    given = {option: True if option.is_flag else option.default for option in OPTIONS}
    words = [
        word for option in OPTIONS for word in (getattr(option, name), *(() if option.is_flag else (given[option],)))
    ]
    asked = f"[config.getoption(each) for each in {[option.dest for option in OPTIONS]!r}]"
    (project / "ask.py").write_text(f"def pytest_configure(config): print('got', {asked})\n")
    done = session(project, *PLUGIN, "-p", "ask", "--collect-only", *map(str, words))
    assert f"got {list(given.values())}\n" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("value", ["26.1.5", "there"])
def test_a_value_as_a_word_of_its_own_is_no_path(project: Path, value: str) -> None:
    """Pytest looks for conftest files before it knows the option; it does so as if none were given."""
    (project / "tests").mkdir()
    (project / "there").mkdir()
    (project / "tests" / "conftest.py").write_text("def pytest_addoption(parser): parser.addoption('--mine')\n")
    done = session(project, *PLUGIN, "--reports-dir", value, "--mine=1")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_cluster_without_a_scenario_is_refused_in_workers_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "test_bare.py").write_text("def test_bare(cluster):\n    pass\n")
    (tmp_path / "spy.py").touch()
    text = session(tmp_path, *PLUGIN, "-n1").stdout
    assert re.search("^E .*: in a parallel session only a @scenario gets a cluster", text, re.MULTILINE), text


def test_loading_the_plugin_costs_next_to_nothing() -> None:
    code = (
        "import pytest, xdist, time; began = time.process_time(); import swarmdrill.pytestplugin.hooks as h\n"
        "for name in h.pytest_plugins: __import__(name)\n"
        "print(1000 * (time.process_time() - began))"
    )
    command = [sys.executable, "-c", code]
    found = [float(subprocess.run(command, capture_output=True, text=True, timeout=60).stdout) for _ in range(5)]
    assert statistics.median(found) < MOST_MILLISECONDS
