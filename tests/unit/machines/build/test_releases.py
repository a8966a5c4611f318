"""The catalogue of Docker Engine versions that nodes can have."""

import re
from pathlib import Path

import pytest

from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import OPTIONS
from swarmdrill.machines.build import releases

PLAN = releases.releases()


def test_an_unknown_version_lists_those_there_are() -> None:
    with pytest.raises(UsageProblem) as refused:
        releases.release("1.2.3")
    assert str(refused.value) == f"Docker Engine '1.2.3' is in no catalogue; choose one of {', '.join(PLAN)}"


@pytest.mark.parametrize("version", ["", "26", "26.1", "26.1.5 ", "v26.1.5"])
def test_a_version_is_named_in_full(version: str) -> None:
    with pytest.raises(UsageProblem, match="choose one of"):
        releases.release(version)


@pytest.mark.parametrize("version", PLAN)
def test_each_release_is_complete(version: str) -> None:
    release = releases.release(version)
    assert release == PLAN[version]
    assert release.version == version
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert re.fullmatch(r"[a-z]+", release.suite)
    assert "docker.io" in release.packages
    assert isinstance(release.expired_release_ok, bool)


def test_the_oldest_is_first_and_each_has_a_suite_of_its_own() -> None:
    assert len(PLAN) > 1
    assert list(PLAN) == sorted(PLAN, key=lambda version: [int(part) for part in version.split(".")])
    assert len({release.suite for release in PLAN.values()}) == len(PLAN)


def test_the_default_is_one_of_them() -> None:
    (option,) = [option for option in OPTIONS if option.name == "engine"]
    assert option.default in PLAN


def test_another_catalogue_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = tmp_path / "engines.toml"
    catalogue.write_text('[engine."9.9.9"]\nsuite = "sid"\npackages = ["a", "b"]\nexpired_release_ok = true\n')
    monkeypatch.setattr(releases, "CATALOGUE", catalogue)
    assert releases.releases() == {"9.9.9": releases.EngineRelease("9.9.9", "sid", ("a", "b"), True)}
