"""How many clusters a host carries, and what the selected scenarios need."""

import math
from pathlib import Path

import pytest

from swarmdrill.base.settings import Settings
from swarmdrill.host import inotify, resources
from swarmdrill.pytestplugin.xdist import capacity, foresight
from swarmdrill.pytestplugin.xdist.capacity import CONTAINERS, VIRTUAL, Footprint, clusters

GIB = 2**30
ANY = math.inf


@pytest.mark.parametrize(
    ("footprint", "cores", "gib", "most", "machines", "expected"),
    [
        (CONTAINERS, 2, 22, ANY, [3] * 70, 10),  # cores
        (CONTAINERS, 8, 5, ANY, [3] * 70, 6),  # memory: 0.75 GiB for three
        (CONTAINERS, 8, 5, ANY, [7] * 70, 2),  # larger clusters
        (CONTAINERS, 8, 5, ANY, [3, 3, 3, 7, 3, 5, 3, 3], 4),  # the largest at the same time: 7, 5, 3 and 3
        (CONTAINERS, 8, 64, ANY, [3] * 5, 5),  # no more than there is to do
        (CONTAINERS, 8, 64, 26, [3] * 70, 8),  # something else
        (CONTAINERS, 1, 0.5, ANY, [3] * 70, 1),
        (CONTAINERS, 4, 64, ANY, [], 1),
        (VIRTUAL, 2, 22, ANY, [3] * 70, 1),
        (VIRTUAL, 16, 64, ANY, [3] * 70, 8),
        (VIRTUAL, 16, 12, ANY, [3] * 70, 3),
        (VIRTUAL, 1, 64, ANY, [3] * 70, 1),
    ],
)
def test_the_scarcest_decides_and_one_is_the_least(
    footprint: Footprint, cores: int, gib: float, most: float, machines: list[int], expected: int
) -> None:
    assert clusters(footprint, cores=cores, memory=int(gib * GIB), most=most, machines=machines) == expected


@pytest.mark.parametrize(("provider", "expected"), [("docker", 20), ("libvirt", 2), ("virtualbox", 2)])
def test_the_provider_says_what_machines_cost(
    provider: str, expected: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text(f"MemTotal: {99 * GIB // 1024} kB\nMemAvailable: {50 * GIB // 1024} kB\n")
    monkeypatch.setattr(resources, "MEMINFO", meminfo)
    monkeypatch.setattr(inotify, "LIMIT", tmp_path / "limit")
    (tmp_path / "limit").write_text("1024\n")
    monkeypatch.setattr(capacity.os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    settings = Settings.read({"provider": provider}, lambda _: None)
    assert capacity.on_this_host(settings, None) == expected


SCENARIOS = """
import pytest
from swarmdrill.pytestplugin.markers import Shape, scenario

@scenario(id="a", title="A")
@pytest.mark.parametrize("number", range(4))
def test_a(number):
    pass

@scenario(id="b", title="B", shape=Shape(managers=5, workers=1))
def test_b():
    pass
"""


@pytest.mark.parametrize(
    ("arguments", "machines"),
    [
        ([], [3, 3, 3, 3, 6]),
        (["--managers=1", "-k", "test_a", "-v"], [1, 1, 1, 1]),
        (["-k", "test_b", "-q", "-n", "7"], [6]),
        (["-k", "test_c"], []),
        (["absent.py"], []),
        (["--no-such-option"], None),
    ],
)
def test_pytest_is_asked_what_is_selected(tmp_path: Path, arguments: list[str], machines: list[int] | None) -> None:
    (tmp_path / "test_it.py").write_text(SCENARIOS)
    asked = [
        "-p",
        "swarmdrill.pytestplugin.hooks",
        "--rootdir",
        str(tmp_path),
        "-c",
        "/dev/null",
        f"--reports-dir={tmp_path / 'reports'}",
        "test_it.py",
        *arguments,
    ]
    found = foresight.ask(asked, tmp_path)
    assert (None if found is None else [each.machines for each in found]) == machines


def test_an_answer_that_takes_too_long_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foresight, "COLLECT_SECONDS", 0.01)
    assert foresight.ask([], tmp_path) is None
