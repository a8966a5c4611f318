"""What the wheel says it depends on is what it needs: installed with that alone, all of it works."""

import ast
import re
import sys
import venv
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from builds import Installed, metadata, run, well
from pretended import ROOT

LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
# Each module but those that run as programs, and what draws the pictures of the documentation, for the checkout alone.
EVERY_MODULE = """
import importlib, pkgutil, sys, swarmdrill
for module in pkgutil.walk_packages(swarmdrill.__path__, "swarmdrill."):
    scenario = module.name.startswith("swarmdrill.scenarios")
    if not scenario and module.name != "swarmdrill.raft.plot" and not module.name.endswith("__main__"):
        importlib.import_module(module.name)
for name in sys.argv[1:]:  # what is imported only when it is needed
    importlib.import_module(name)
"""
PLAIN = "def test_that_asks_for_no_lab(tmp_path):\n    assert tmp_path.is_dir()\n"
DECLARED = re.compile(r"^Requires-Dist: ([\w.-]+)(?![^\n]*extra ==)[^\n]*$", re.MULTILINE)
# What finds the version out and what draws the pictures of the documentation: in a checkout alone, by the extra `dev`.
IN_A_CHECKOUT = {"matplotlib", "setuptools_scm"}
# What `packages_distributions` cannot know: who of several that bring a name is meant.
MEANT = {"allure": "allure-pytest", "allure_commons": "allure-pytest", "_pytest": "pytest"}


def install(wheel: Path, place: Path) -> Installed:
    """The wheel and what it depends on, in a fresh environment, from this machine's package source.

    Of each distribution the version of the lock: a release of somebody else's changes nothing here.
    """
    place.mkdir(parents=True, exist_ok=True)
    venv.create(place / "venv", with_pip=False)
    python = place / "venv" / "bin" / "python"
    pinned = re.findall(r"^([\w.-]+==[^\\\n]+?) *\\?$", LOCK, re.MULTILINE)
    (place / "lock.txt").write_text("\n".join(pinned), encoding="utf-8")
    well(
        *(sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"),
        *("--constraint", place / "lock.txt", wheel),
        cwd=place,
    )
    (place / "empty").mkdir()
    return Installed(python, place / "empty")


def does_not_work(wheel: Path, place: Path) -> list[str]:
    """What does not work where the wheel is installed in `place`: what a user calls first, and each module."""
    installed = install(wheel, place)
    plain = installed.python.parents[2] / "plain"
    plain.mkdir()
    (plain / "test_plain.py").write_text(PLAIN, encoding="utf-8")
    done = {
        "--version": (0, installed.swarmdrill("--version")),
        "status": (0, installed.swarmdrill("status")),
        "doctor": (1, installed.swarmdrill("doctor")),  # 1: this host lacks something, and it says what
        "drill": (0, installed.swarmdrill("drill", "--collect-only", "-q")),
        "modules": (0, run(installed.python, "-c", EVERY_MODULE, *sorted(imports(wheel)), cwd=installed.empty)),
        "pytest": (0, run(installed.python, "-m", "pytest", "-p", "no:cacheprovider", cwd=plain)),
    }
    wrong = {
        name: one for name, (most, one) in done.items() if not 0 <= one.returncode <= most or "Traceback" in one.stderr
    }
    return [f"{name}: {(one.stdout + one.stderr).strip().splitlines()[-1]}" for name, one in wrong.items()]


def without(wheel: Path, dependency: str, target: Path) -> Path:
    """A copy of the wheel that does not say that it needs the dependency."""
    target.mkdir()
    with zipfile.ZipFile(wheel) as old, zipfile.ZipFile(target / wheel.name, "w") as new:
        for each in old.infolist():
            content = old.read(each)
            if each.filename.endswith(".dist-info/METADATA"):
                content, times = re.subn(rb"(?m)^Requires-Dist: " + dependency.encode() + rb">[^\n;]*\n", b"", content)
                assert times == 1
            new.writestr(each, content)
    return target / wheel.name


def imports(wheel: Path) -> set[str]:
    """The packages of others that the modules of the wheel import, wherever they do."""
    names: set[str] = set()
    with zipfile.ZipFile(wheel) as file:
        for each in file.namelist():
            if each.endswith(".py"):
                names |= set(_roots(ast.parse(file.read(each))))
    return names - sys.stdlib_module_names - IN_A_CHECKOUT - {"swarmdrill", "scenarios"}


def imported(wheel: Path) -> set[str]:
    """The distributions, by name, that bring these packages."""
    bring = packages_distributions()
    return {MEANT.get(name) or bring.get(name, [name])[0].lower().replace("_", "-") for name in imports(wheel)}


def _roots(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import():
                yield from (each.name.partition(".")[0] for each in node.names)
            case ast.ImportFrom(module=str(module), level=0):
                yield module.partition(".")[0]


def declared(wheel: Path) -> set[str]:
    """The distributions that the wheel says it needs, without those of an extra."""
    return {name.lower() for name in DECLARED.findall(metadata(wheel))}


def test_with_what_it_says_it_needs_everything_works(wheel: Path, tmp_path: Path) -> None:
    assert does_not_work(wheel, tmp_path / "of somebody") == []


def test_one_that_it_does_not_name_is_missed(wheel: Path, tmp_path: Path) -> None:
    less = without(wheel, "asyncssh", tmp_path / "less")
    wrong = does_not_work(less, tmp_path / "of somebody")
    assert "modules: ModuleNotFoundError: No module named 'asyncssh'" in wrong


def test_it_names_each_that_it_imports(wheel: Path) -> None:
    """Also where another of them happens to bring it."""
    assert imported(wheel) - declared(wheel) == set()
    assert declared(wheel) - imported(wheel) == set()


def test_each_that_it_did_not_name_would_be_seen(wheel: Path, tmp_path: Path) -> None:
    needed = imported(wheel)
    for name in sorted(declared(wheel)):
        assert needed - declared(without(wheel, name, tmp_path / name)) == {name}
