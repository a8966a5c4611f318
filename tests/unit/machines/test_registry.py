"""Providers by name, for a host; those of other packages too, here of one that is laid where packages are found."""

from pathlib import Path

import pytest

from pretended.distribution import install
from pretended.hosts import host
from pretended.programs import only_shims
from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import PROVIDERS, Settings
from swarmdrill.cli.host import doctor
from swarmdrill.machines import capabilities, registry
from swarmdrill.machines.containers.provider import Containers
from swarmdrill.machines.provider import Provider

EXAMPLE = Path(__file__).with_name("own_provider.py")


@pytest.fixture(autouse=True)
def no_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_shims(tmp_path / "bin", monkeypatch)
    monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path / "state"))


def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, points: str, package: str = "theirs") -> None:
    """Install a package with these providers, whose module is the example."""
    code = EXAMPLE.read_text(encoding="utf-8")
    where = tmp_path / f"package-{package}"
    install(where, monkeypatch, group="swarmdrill.providers", points=points, code=code, package=package)


def test_swarmdrills_own_are_objects_of_the_host_and_bear_their_names() -> None:
    here = host()
    made = [registry.named(name, here) for name in PROVIDERS]
    assert [each.name for each in made] == list(PROVIDERS)
    assert all(each.host is here for each in made)
    assert all(each.definition.is_file() for each in made)
    assert registry.names()[: len(PROVIDERS)] == PROVIDERS


def test_one_of_another_package_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, monkeypatch, "paper = theirs:Paper")
    settings = Settings.read({"provider": "paper"}, lambda _: None)
    provider = registry.asked_for(settings)
    assert (provider.name, provider.service) == ("paper", "a heap of paper")
    assert registry.names() == (*PROVIDERS, "paper")
    assert "paper" in [each.name for each in registry.present([host()])], "its labs are looked for, too"


def test_what_it_can_is_for_itself_to_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, monkeypatch, "paper = theirs:Paper")
    paper = registry.named("paper", host())
    assert capabilities.lacking(paper, (capabilities.SNAPSHOTS,)) == ""
    assert capabilities.lacking(paper, (capabilities.OWN_CLOCK,)) == "own kernel and clock: paper has no clock"
    (row,) = [each for each in doctor._reports(host()) if each.name == "paper"]
    assert (row.usable, row.reason) == (True, "as much as there is")


def test_one_that_is_not_there_is_refused_with_those_that_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, monkeypatch, "paper = theirs:Paper")
    with pytest.raises(UsageProblem, match="'stone'; there are docker, libvirt, virtualbox, paper"):
        registry.named("stone", host())
    with pytest.raises(
        UsageProblem, match="--provider 'stone': choose one of docker, libvirt, virtualbox, paper"
    ) as refused:
        Settings.read({"provider": "stone"}, lambda _: None)
    assert "\n" not in str(refused.value)


def test_nobody_takes_the_name_of_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, monkeypatch, "docker = theirs:Paper")
    with pytest.raises(UsageProblem) as refused:
        registry.named("docker", host())
    # Whether swarmdrill itself is installed, and found first, is a matter of the environment.
    own = "swarmdrill.machines.containers.provider:Containers"
    assert str(refused.value).removeprefix("swarmdrill.providers: docker is both ") in (
        f"{own} and theirs:Paper: uninstall one of the two packages",
        f"theirs:Paper and {own}: uninstall one of the two packages",
    )


def test_two_packages_with_one_name_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(tmp_path, monkeypatch, "paper = theirs:Paper")
    add(tmp_path, monkeypatch, "paper = others:Paper", "others")
    with pytest.raises(UsageProblem, match=r"paper is both (theirs|others):Paper and (theirs|others):Paper: uninstall"):
        registry.named("paper", host())


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("theirs:Gone", "paper cannot be loaded from theirs:Gone: "),
        ("gone:Paper", "paper cannot be loaded from gone:Paper: No module named 'gone'"),
        ("theirs:Blank", "paper is no provider: it has no name, definition, host, service, "),
    ],
)
def test_one_that_is_broken_is_said_in_one_line_and_the_doctor_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    add(tmp_path, monkeypatch, f"paper = {value}")
    with pytest.raises(UsageProblem, match=reason) as refused:
        registry.named("paper", host())
    assert "\n" not in str(refused.value)
    rows = {each.name: each for each in doctor._reports(host())}
    assert reason in rows["paper"].reason
    assert rows.keys() == {*PROVIDERS, "paper"}


def test_a_service_that_two_hosts_share_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_OWN", tuple(_answering(each) for each in registry._OWN))
    found = registry.present([host("unix:///a.sock"), host("unix:///b.sock"), host("unix:///a.sock")])
    assert [(each.name, each.service) for each in found if each.name != "virtualbox"] == [
        ("docker", "unix:///a.sock"),
        ("libvirt", "qemu:///system"),
        ("docker", "unix:///b.sock"),
    ]


def _answering(own: type[Provider]) -> type[Provider]:
    return type(own.__name__, (own,), {"answers": lambda _: True, "__module__": own.__module__})


def test_an_engine_that_was_chosen_is_named_where_it_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageProblem, match="client is missing"):
        Containers(host()).require()
    only_shims(tmp_path / "more", monkeypatch)("docker", "echo nobody listens >&2; exit 1")
    with pytest.raises(UsageProblem) as refused:
        Containers(host()).require()
    told = "this host's Docker Engine at unix:///nowhere/docker.sock does not answer (nobody listens): start it"
    assert str(refused.value) == told
