"""On which hosts labs are looked for: where one was made, and wherever this state directory made something."""

from pathlib import Path

import pytest

from pretended.programs import only_shims
from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import Settings
from swarmdrill.host.address import USUAL
from swarmdrill.host.host import this_host
from swarmdrill.machines import hosts
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.plan import Plan

SECOND, THIRD = "unix:///second.sock", "tcp://third.example:2375"


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lab:
    """One that was never planned; nothing was made on any engine."""
    only_shims(tmp_path / "bin", monkeypatch)
    monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path / "state"))
    lab = Lab(tmp_path / "state" / "labs" / "default")
    lab.directory.mkdir(parents=True)
    return lab


def planned(lab: Lab, engine: str) -> None:
    lab.store(Plan("x", "docker", "x", "x", "x", registry=False, pace=1, machine={}, nodes=(), docker_host=engine))


def engines(found: "list[hosts.Host] | tuple[hosts.Host, ...]") -> list[str]:
    return [host.engine for host in found]


def test_what_is_asked_for_is_used(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", SECOND)
    assert hosts.asked_for(Settings.read({}, lambda _: None)).engine == SECOND
    assert hosts.asked_for(Settings.read({"docker_host": THIRD}, lambda _: None)).engine == THIRD


def test_a_lab_stays_on_its_engine_whatever_is_said_later(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    planned(lab, SECOND)
    monkeypatch.setenv("DOCKER_HOST", THIRD)
    monkeypatch.setenv("SWARMDRILL_DOCKER_HOST", THIRD)
    assert hosts.of_lab(lab).engine == SECOND
    assert engines(hosts.that_may_have(lab)) == [SECOND]


def test_an_old_plan_names_none_and_means_the_one_that_is_used_by_itself(lab: Lab) -> None:
    planned(lab, "")
    assert hosts.of_lab(lab).engine == USUAL


@pytest.mark.parametrize("plan", [None, b"", b'{"id": "x", '])
def test_a_lab_that_was_cut_off_is_looked_for_wherever_something_was_made(lab: Lab, plan: bytes | None) -> None:
    if plan is not None:
        lab.plan_file.write_bytes(plan)
    with pytest.raises(UsageProblem):
        hosts.of_lab(lab)
    hosts.remember(this_host(SECOND))
    assert engines(hosts.that_may_have(lab)) == [USUAL, SECOND]


def test_each_engine_is_known_once_until_all_is_forgotten(lab: Lab) -> None:
    assert engines(hosts.known(this_host(SECOND))) == [SECOND]
    for engine in (USUAL, SECOND, USUAL):
        hosts.remember(this_host(engine))
    assert (places.state() / "docker-hosts").read_text(encoding="utf-8") == f"{USUAL}\n{SECOND}\n"
    assert engines(hosts.known(this_host(SECOND))) == [SECOND, USUAL]
    hosts.forget()
    hosts.forget()
    assert engines(hosts.known(this_host(THIRD))) == [THIRD]
