"""What git itself says of a checkout: whether the code that runs is its commit's."""

import subprocess
from pathlib import Path

import pytest

from swarmdrill.host import facts


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A package in a checkout of its own, all of it committed."""
    package = tmp_path / "harness" / "package"
    (tmp_path / "docs").mkdir()
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    for words in (("init", "-q"), ("add", "."), (*who, "commit", "-qm", "A package")):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, timeout=30)
    return package


@pytest.mark.parametrize(
    ("changed", "clean"),
    [
        ("docs/results/run.json", True),
        ("harness/package/__init__.py", False),
        ("new.py", False),
        ("harness/docs", False),
    ],
)
def test_what_is_stored_beside_the_code_does_not_change_it(package: Path, changed: str, clean: bool) -> None:
    assert facts.source(package)["clean"] is True
    path = package.parents[1] / changed
    path.parent.mkdir(exist_ok=True)
    path.write_text("x")
    assert facts.source(package)["clean"] is clean
