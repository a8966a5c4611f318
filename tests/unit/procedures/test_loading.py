"""Procedures by name: swarmdrill's own, another package's, and what is none."""

from pathlib import Path

import pytest

from pretended.distribution import install
from swarmdrill.base import plugins
from swarmdrill.base.errors import UsageProblem
from swarmdrill.procedures import loading
from swarmdrill.procedures.document import DocumentProcedure

THEIRS = """
class Nightly:
    def backup(self, cluster): ...
    def restore(self, cluster, backup, *, only=None): ...

class Half:
    def backup(self, cluster): ...
"""


@pytest.fixture
def theirs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    points = "nightly = theirs:Nightly\nhalf = theirs:Half\ngone = theirs:Gone\nno-module = nowhere:X"
    install(tmp_path / "site", monkeypatch, group=plugins.PROCEDURES, points=points, code=THEIRS)


def test_swarmdrills_own_are_found() -> None:
    assert {"document", "from-one", "hot", "rolling"} <= set(loading.names())
    assert isinstance(loading.named("document"), DocumentProcedure)
    assert all(loading.named(name) for name in ("from-one", "hot", "rolling"))


def test_another_packages_is_found(theirs: None) -> None:
    assert type(loading.named("nightly")).__name__ == "Nightly"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nigthly", "swarmdrill.procedures: there is no nigthly; there are document, from-one, gone, half, hot, "),
        ("half", "half is no procedure: it needs backup(cluster) and restore(cluster, backup, only=None)"),
        ("gone", "gone cannot be loaded from theirs:Gone: module 'theirs' has no attribute 'Gone'"),
        ("no-module", "no-module cannot be loaded from nowhere:X: No module named 'nowhere'"),
    ],
)
def test_what_is_none_is_refused_in_one_line(theirs: None, name: str, said: str) -> None:
    with pytest.raises(UsageProblem) as refused:
        loading.named(name)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_two_packages_with_one_name_are_both_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site", monkeypatch, group=plugins.PROCEDURES, points="document = theirs:Mine")
    with pytest.raises(UsageProblem, match=r"document is both .*: uninstall one of the two packages"):
        loading.names()
