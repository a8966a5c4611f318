"""What `@scenario` and `case` refuse: in one line, with file and line, when the test file is imported or collected."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pretended import ROOT
from swarmdrill.pytestplugin.markers import Shape, about_of_function, case, scenario

# Loaded by the lab, by reports and by searches; a test file that imports the markers pays for none of them.
HEAVY = ("allure", "asyncssh", "cryptography", "hypothesis", "python_on_whales", "vagrant", "jinja2", "pydantic")
HEAD = "import pytest\nfrom swarmdrill.pytestplugin.markers import Shape, case, scenario\n\n"


def pytest_of_its_own(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-c", "/dev/null", "--rootdir", str(directory), "-p", "no:cacheprovider"]
    return subprocess.run(
        [*command, "-p", "swarmdrill.pytestplugin.hooks", "--collect-only", "-q", "--strict-markers", *arguments],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("decorator", "problem"),
    [
        ('@scenario(id="a", title="A", claims=("D1", "D99"))', "claim D99 is not in results/claims.toml"),
        ('@scenario(id="a", title="A", needs=("wings",))', "need 'wings': choose of 'snapshots'"),
        ('@scenario(id="A b", title="A")', "id 'A b': small letters and digits in words with hyphens between them"),
        ('@scenario(id="a", title=" ")', "scenario 'a' has no title"),
        ('@scenario(id="a", title="A", severity="fatal")', "severity 'fatal': choose one of blocker"),
        ('@scenario(id="a", title="A", shape=Shape(managers=9))', "9 managers: a swarm here has 1 to 7"),
        ('@scenario(id="a", title="A", shape=Shape(managers=4))', "4 managers tolerate no more loss than 3"),
        ('@scenario(id="a", title="A", shape=Shape(workers=9))', "9 workers: a swarm here has 0 to 8"),
        ('@pytest.mark.parametrize("x", [case(1, claims=("D99",))])', "claim D99 is not in results/claims.toml"),
        ('@pytest.mark.parametrize("x", [case(1, shape=Shape(managers=0))])', "0 managers: a swarm here has 1 to 7"),
    ],
)
def test_what_is_wrong_is_refused_at_import_with_its_place(decorator: str, problem: str) -> None:
    code = compile(f"{HEAD}{decorator}\ndef test_a(x=None): pass\n", "test_it.py", "exec")
    with pytest.raises(pytest.Collector.CollectError, match=rf"^test_it\.py:4: {re.escape(problem)}[^\n]*$"):
        exec(code, {})


def test_pytest_shows_a_refusal_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(f'{HEAD}@scenario(id="a", title=" ")\ndef test_a(): pass\n')
    text = pytest_of_its_own(tmp_path).stdout
    assert re.search(
        r"^_+ ERROR collecting test_it\.py _+\ntest_it\.py:4: scenario 'a' has no title\n(=|-)", text, re.M
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '@scenario(id="a", title="A")\ndef test_a(): pass\n\n@scenario(id="a", title="B")\ndef test_b(): pass\n',
            "test_it.py:7: scenario 'a' is also test_it.py::test_a: give it another id",
        ),
        (
            '@scenario(id="a", title="A", claims=("D1",))\n'
            '@pytest.mark.parametrize("x", [\n    case(1, claims=("D1", "D2")),\n])\ndef test_a(x): pass\n',
            "test_it.py:6: claim D2 is not among those of scenario 'a'",
        ),
        (
            '@pytest.mark.scenario("D1", title="As of old")\ndef test_a(): pass\n',
            "test_it.py::test_a: use @scenario of swarmdrill.pytestplugin.markers",
        ),
    ],
)
def test_what_only_the_collection_sees(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "test_it.py").write_text(HEAD + text)
    said = pytest_of_its_own(tmp_path, "-n1").stdout
    assert re.search(rf"^{re.escape(problem)}$", said, re.MULTILINE), said


def test_what_is_right_is_kept_as_it_was_said() -> None:
    @scenario(id="restore-one", title="Restore one", claims="D6", shape=Shape(managers=5), restarts=3)
    def function() -> None: ...

    about = about_of_function(function)
    assert about
    assert (about.id, about.claims, about.shape.given(), about.restarts) == ("restore-one", ("D6",), {"managers": 5}, 3)
    assert re.search(r"test_markers\.py:\d+$", about.place)


def test_a_class_is_no_scenario() -> None:
    with pytest.raises(pytest.Collector.CollectError, match="@scenario 'a' is for a function"):

        @scenario(id="a", title="A")
        class _Any: ...


def test_a_case_is_a_row_of_parameters() -> None:
    row = case(1, 2, id="both", claims=("D1",))
    assert (row.values, row.id) == ((1, 2), "both")


def test_the_markers_load_nothing_of_the_lab() -> None:
    text = f"import sys, swarmdrill.pytestplugin.markers; print([m for m in {HEAVY!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert found.stdout.strip() == "[]", found.stderr


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--scenario=a"], ["test_a[1]", "test_a[2]"]),
        (["--scenario=a[2]"], ["test_a[2]"]),
        (["--scenario=a[2]", "--scenario=a-b"], ["test_a[2]", "test_c"]),
        (["-k", "a-b"], ["test_c"]),
    ],
)
def test_a_scenario_is_selected_by_its_id(tmp_path: Path, arguments: list[str], names: list[str]) -> None:
    (tmp_path / "test_it.py").write_text(
        f'{HEAD}@scenario(id="a", title="A")\n@pytest.mark.parametrize("x", [1, 2])\ndef test_a(x): pass\n\n'
        '@scenario(id="a-b", title="AB")\ndef test_c(): pass\n\ndef test_d(): pass\n'
    )
    assert re.findall(r"^test_it\.py::(.*)$", pytest_of_its_own(tmp_path, *arguments).stdout, re.MULTILINE) == names


def test_an_id_that_nobody_has_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text("def test_d(): pass\n")
    done = pytest_of_its_own(tmp_path, "--scenario=absent")
    assert done.returncode == pytest.ExitCode.USAGE_ERROR
    assert "ERROR: --scenario 'absent': there is none of that id among what was collected" in done.stderr
