"""The set-up: what it finds, what it would install, and that it leaves alone what is there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pretended import ROOT
from pretended.programs import Shim, only_shims
from swarmdrill.base.messages import said
from swarmdrill.base.settings import PROVIDERS
from swarmdrill.host import tools
from swarmdrill.host.tools import ToolFinding
from swarmdrill.setup import __main__ as command, apt, install, requirements, steps
from swarmdrill.setup.requirements import Requirement


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """Only pretended programs."""
    return only_shims(tmp_path / "bin", monkeypatch)


@pytest.fixture
def archive(shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The log of an apt that has docker.io, nodejs 18 and tool; the file `tool` appears when installed."""
    log = tmp_path / "apt.log"
    shim(
        "apt-cache",
        "case $2 in docker.io) v=1:20.10.24+dfsg1-1;; nodejs) v=18.20.4+dfsg-1;; tool) v=2.0;;"
        " *) v='(none)';; esac\n"
        'printf "%s:\\n  Installed: (none)\\n  Candidate: %s\\n" "$2" "$v"',
    )
    shim("apt-get", f'echo "$@" >> {log}\ncase "$1 $*" in install*tool*) echo > {tmp_path}/tool;; esac')
    lists = tmp_path / "lists"
    lists.mkdir()
    (lists / "archive_Packages.lz4").touch()
    monkeypatch.setattr(apt, "LISTS", lists)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return log


def there(name: str) -> Requirement:
    return Requirement(name, "is there", lambda: ToolFinding("1.0"))


def tool(tmp_path: Path) -> Requirement:
    """A requirement that is met once the package `tool` is installed."""

    def look() -> ToolFinding:
        return ToolFinding("2.0") if (tmp_path / "tool").exists() else ToolFinding(problem="tool is missing")

    return Requirement("the tool", "does it", look, packages=("tool",))


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Vagrant 2.3.4", "2.3.4"),
        ("Docker version 28.2.2, build e6534b4", "28.2.2"),
        ("OpenSSH_9.2p1 Debian-2+deb12u6", "9.2"),
        ("ip utility, iproute2-6.1.0, libbpf 1.1.0", "6.1.0"),
        ("v20.20.2", "20.20.2"),
        ("no digits", None),
    ],
)
def test_versions_are_found_in_what_programs_say(said: str, version: str | None) -> None:
    assert tools.version_in(said) == version


def test_a_program_is_missing_broken_too_old_or_there(shim: Shim) -> None:
    assert tools.examine("vagrant").problem == "vagrant is missing"
    shim("vagrant", "echo no libruby >&2; exit 127")
    assert "ended with status 127 and said: no libruby" in tools.examine("vagrant").problem
    shim("vagrant", "echo Vagrant 2.2.14")
    assert "is version 2.2.14, 2.3 or later is needed" in tools.examine("vagrant", minimum=(2, 3)).problem
    shim("vagrant", "echo Vagrant 2.10.0")
    assert tools.examine("vagrant", minimum=(2, 3)) == ToolFinding("2.10.0")


def test_a_package_is_the_first_alternative_the_archive_has(archive: Path) -> None:
    assert apt.choose(["docker-cli|docker.io", "docker.io", "vagrant"]) == (["docker.io"], ["vagrant"])
    assert apt.candidate("docker.io") == "20.10.24+dfsg1-1"


def test_apt_asks_nothing_and_brings_no_recommended_packages() -> None:
    said = apt.install_command(["vagrant"], ("sudo", "-n"))
    assert said[:4] == ["sudo", "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    assert {"--yes", "--no-install-recommends"} < set(said)
    assert said[-1] == "vagrant"


@pytest.mark.parametrize("sudo", [None, "echo sudo: a password is required >&2; exit 1"])
def test_without_root_the_one_command_is_shown(
    archive: Path, shim: Shim, monkeypatch: pytest.MonkeyPatch, sudo: str | None
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    if sudo:
        shim("sudo", sudo)
    with pytest.raises(steps.UserMustAct) as refused:
        apt.authorise(["docker-cli|docker.io", "tool"])
    line = str(refused.value).splitlines()[-1]
    assert line.startswith("  sudo apt-get update")
    assert line.endswith(" docker.io tool")
    assert not archive.exists(), "apt-get was run"


def test_sudo_without_a_password_is_used(archive: Path, shim: Shim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    shim("sudo", '[ "$1" = -n ] || exit 1; shift; [ "$1" = true ] && exit 0; exec "$@"')
    apt.install(["tool"], apt.authorise(["tool"]))
    assert archive.read_text().endswith(" tool\n")


def test_a_package_this_archive_lacks_is_named(archive: Path) -> None:
    with pytest.raises(steps.UserMustAct, match="has no vagrant: install it as its makers"):
        apt.install(["tool", "vagrant"], ())
    assert not archive.exists(), "apt-get was run although it could not help"


def test_what_is_missing_is_announced_updated_installed_and_then_there(
    archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = (there("Python"), tool(tmp_path))
    install.set_up(table)
    said = capsys.readouterr().out
    assert "missing: the tool, which does it (tool is missing)" in said
    assert "✓ install tool (" in said
    asked = archive.read_text().splitlines()
    assert [line.split()[0] for line in asked] == ["update", "install"]

    install.set_up(table)
    said = capsys.readouterr().out
    assert said == "nothing to set up: Python 1.0\n"
    assert archive.read_text().splitlines() == asked, "the second run asked apt for something"


def test_a_package_that_does_not_bring_what_it_should_stops_the_set_up(archive: Path) -> None:
    stubborn = Requirement("Vagrant", "boots", lambda: ToolFinding("2.2", "2.3 or later is needed"), packages=("tool",))
    with pytest.raises(steps.UserMustAct, match=r"Vagrant is installed and will not do: 2\.3 or later"):
        install.set_up((stubborn,))


def test_what_is_optional_is_left_out_with_a_reason_and_changes_nothing(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def never() -> None:
        raise AssertionError("made without what it needs")

    missing = ToolFinding(problem="is missing")
    node = Requirement("Node.js", "", lambda: missing, ("nodejs",), optional=True, minimum=(20, 19))
    page = Requirement("page", "", lambda: missing, make=never, optional=True, needs="Node.js")
    install.set_up((there("Python"), node, page))
    said = capsys.readouterr().out
    assert "without Node.js: 20.19 or later is needed, and this system's archive has 18.20.4" in said
    assert "without page: Node.js is missing" in said
    assert said.count("\n") == 1
    assert not archive.exists()


def test_an_optional_step_that_fails_does_not_stop_the_others(
    archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise steps.StepFailed(said("npm ci\n  ended with status 1"))

    made: list[str] = []
    missing = ToolFinding(problem="is missing")
    page = Requirement("page", "", lambda: missing, make=fail, optional=True)
    last = Requirement("last", "", lambda: missing, make=lambda: made.append("last"))
    install.set_up((page, last))
    assert made == ["last"]
    assert "left out: page: npm ci" in capsys.readouterr().out


def test_a_failed_step_shows_the_command_and_the_end_of_its_output(shim: Shim) -> None:
    shim("make it", "i=0; while [ $i -lt 99 ]; do i=$((i+1)); echo line $i; done; exit 7")
    with pytest.raises(steps.StepFailed) as failed:
        steps.run(["make it", "so"], timeout=10, env={"A": "b c"})
    said = str(failed.value)
    assert said.startswith("A='b c' 'make it' so\n  ended with status 7\n")
    assert said.endswith("line 99")
    assert "line 84" not in said


def test_a_step_that_hangs_is_ended(shim: Shim) -> None:
    shim("hang", "echo waiting for godot; exec sleep 60")
    with pytest.raises(steps.StepFailed, match=r"was not done after 0 s\n    waiting for godot"):
        steps.run(["hang"], timeout=0.3)


@pytest.mark.parametrize(
    ("problem", "status"), [(steps.UserMustAct(said("run this")), 2), (steps.StepFailed(said("that")), 1), (None, 0)]
)
def test_exit_statuses(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    problem: Exception | None,
    status: int,
) -> None:
    def pretend(table: object, drill: str) -> None:
        if problem:
            raise problem

    monkeypatch.setattr(install, "set_up", pretend)
    assert command.main([]) == status
    assert str(problem or "") in capsys.readouterr().err


@pytest.mark.parametrize("provider", PROVIDERS)
def test_it_runs_on_the_standard_library_alone_and_looking_changes_nothing(tmp_path: Path, provider: str) -> None:
    # -S: no site-packages; an empty PATH: no program of this machine is asked.
    before = sorted(path for path in ROOT.iterdir())
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-m", "swarmdrill.setup", "--check"],
        cwd=ROOT,
        env={"PATH": str(tmp_path), "PYTHONPATH": "harness", "PYTHONUTF8": "1", "SWARMDRILL_PROVIDER": provider},
        capture_output=True,
        text=True,
    )
    assert done.stderr == ""
    assert done.returncode == 1, "something is missing, as `swarmdrill doctor` says"
    assert [line for line in done.stdout.splitlines() if line.startswith("✗  Vagrant ")]
    assert sorted(path for path in ROOT.iterdir()) == before


@pytest.mark.parametrize(
    ("provider", "service"), [("docker", "Docker Engine"), ("libvirt", "libvirt"), ("virtualbox", "VirtualBox")]
)
def test_the_table_of_requirements_makes_sense(provider: str, service: str) -> None:
    table = requirements.table(provider)
    names = [each.name for each in table]
    assert len(set(names)) == len(names)
    assert all(each.why and (each.packages or each.make) for each in table)
    for each in table:
        assert not each.needs or names.index(each.needs) < names.index(each.name)
    assert names[-1] == service, "nothing may fail after it was started"


def test_every_provider_has_requirements_and_none_needs_what_only_another_does() -> None:
    assert set(requirements.PROVIDERS) == set(PROVIDERS)
    docker, libvirt = ({each.name for each in requirements.table(name)} for name in ("docker", "libvirt"))
    assert docker - libvirt == {"dockerd", "iptables", "inotify instances", "Docker Engine"}
    assert {"QEMU", "libvirtd", "vagrant-libvirt", "dnsmasq", "mke2fs"} < libvirt - docker
    assert {"Docker client", "mmdebstrap", "Vagrant"} < docker & libvirt
    virtualbox = {each.name for each in requirements.table("virtualbox")}
    assert virtualbox - libvirt == {"qemu-img", "syslinux", "VirtualBox"}


def test_the_provider_chosen_is_the_one_that_is_set_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str]] = []
    monkeypatch.setattr(install, "set_up", lambda table, drill: asked.append((table[-1].name, drill)))
    for provider in ("", "docker", "libvirt"):
        monkeypatch.setenv("SWARMDRILL_PROVIDER", provider)
        assert command.main([]) == 0
    libvirt = ("libvirt", "make drill PROVIDER=libvirt")
    assert asked == [("Docker Engine", "make drill"), ("Docker Engine", "make drill"), libvirt]


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_an_unknown_provider_is_one_line_and_changes_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    monkeypatch.setattr(install, "set_up", lambda *_, **__: pytest.fail("set up all the same"))
    monkeypatch.setenv("SWARMDRILL_PROVIDER", "lbvirt")
    assert command.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "make setup: SWARMDRILL_PROVIDER 'lbvirt': choose one of docker, libvirt, virtualbox\n"
