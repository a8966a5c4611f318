"""A QEMU that is too old for emulation is refused, and a newer one comes from backports, beside apt's own sources."""

import os
from pathlib import Path

import pytest

from pretended.programs import Shim, only_shims
from swarmdrill.host import qemu
from swarmdrill.host.acceleration import Acceleration, emulation
from swarmdrill.host.tools import ToolFinding
from swarmdrill.setup import apt, backports, install, requirements, steps
from swarmdrill.setup.requirements import Requirement

EMULATED = emulation("no /dev/kvm")
KVM = Acceleration("kvm", "host-passthrough", "booted a kernel", 30)

STANZAS = """\
# the archive
Types: deb deb-src
URIs: https://archive.example/debian
# two of them
Suites: bookworm
 bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF

Types: deb
URIs: https://archive.example/debian-security
Suites: bookworm-security
Components: main
"""
TURNED = """\
Types: deb
URIs: https://archive.example/debian
Suites: bookworm-backports
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
"""
LINES = """\
# deb https://archive.example/old bookworm main
deb-src https://archive.example/debian bookworm main
deb https://archive.example/debian bookworm-updates main
deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] https://archive.example/debian bookworm main contrib # ours
"""


@pytest.fixture
def shim(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shim:
    """Only pretended programs, and `env`, `rm`; run by root."""
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return only_shims(tmp_path / "bin", monkeypatch)


class Archive:
    """A Debian 12 with QEMU 7.2, whose mirror may have backports with another; `log` is what apt-get was asked."""

    def __init__(self, shim: Shim, directory: Path) -> None:
        self.shim, self.log, self.installed = shim, directory / "apt.log", directory / "installed"
        self.parts, self.lists = directory / "sources.list.d", directory / "lists"
        self.parts.mkdir()
        self.lists.mkdir()
        (self.parts / "debian.sources").write_text(STANZAS)
        (self.parts / "other.list").write_text("deb https://other.example/apt stable main\n")
        (self.lists / "archive_bookworm_Packages.lz4").touch()
        self.offer("1:10.0.2+ds-2~bpo12+1")

    def offer(self, newer: str) -> None:
        """Have `newer` in the backports; empty: there are none on this mirror."""
        entry = f"{self.parts / 'debian.sources'}:1"
        targets = f"Debian/Debian-Security bookworm-security bookworm-security {entry}\\n"
        targets += f"Debian/Debian bookworm-updates bookworm-updates {entry}\\nDebian/Debian bookworm bookworm {entry}"
        update = "exit 0" if newer else "echo 'E: The repository does not have a Release file' >&2; exit 100"
        self.shim(
            "apt-get",
            f'[ $1 = indextargets ] && {{ printf "{targets}\\n"; exit 0; }}; echo "$@" >> {self.log}\n'
            f'case "$*" in update*Source*) {update};;\n'
            f"install*-t*qemu*) echo 10.0.2 > {self.installed};; install*qemu*) echo 7.2.18 > {self.installed};; esac",
        )
        own = "1:7.2+dfsg-7"
        self.shim(
            "apt-cache",
            f'case "$*" in *bookworm-backports*) v={newer};; *) v={own};; esac\n'
            'printf "%s:\\n  Installed: (none)\\n  Candidate: %s\\n" "$2" "$v"',
        )

    def asked(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    def requirement(self, acceleration: Acceleration) -> Requirement:
        """QEMU, as `requirements` has it, found in the version that apt-get installed."""

        def look() -> ToolFinding:
            there = self.installed.read_text().strip() if self.installed.exists() else "7.2.18"
            self.shim("qemu-system-x86_64", f"echo QEMU emulator version {there}")
            self.shim("qemu-img", f"echo qemu-img version {there}")
            return qemu.examine(acceleration)

        minimum, because = qemu.minimum(acceleration), qemu.because(acceleration)
        return Requirement("QEMU", "runs machines", look, qemu.PACKAGES, minimum=minimum, because=because)


@pytest.fixture
def archive(shim: Shim, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Archive:
    made = Archive(shim, tmp_path)
    monkeypatch.setattr(backports, "SOURCE_PARTS", made.parts)
    monkeypatch.setattr(apt, "LISTS", made.lists)
    return made


@pytest.mark.parametrize(
    ("version", "acceleration", "will_do"),
    [
        ("7.2.18", EMULATED, False),
        ("9.2.4", EMULATED, False),
        ("10.0.2", EMULATED, True),
        ("7.2.18", KVM, True),
        ("5.2.0", KVM, False),
    ],
)
def test_which_version_will_do_depends_on_the_acceleration(
    shim: Shim, version: str, acceleration: Acceleration, will_do: bool
) -> None:
    shim("qemu-system-x86_64", f"echo 'QEMU emulator version {version} (Debian 1:{version})'")
    shim("qemu-img", f"echo qemu-img version {version}")
    assert qemu.examine(acceleration).ok is will_do


def test_an_old_one_is_refused_with_the_reason(shim: Shim) -> None:
    shim("qemu-system-x86_64", "echo QEMU emulator version 7.2.18")
    problem = qemu.examine(EMULATED).problem
    assert problem.startswith("this is QEMU 7.2.18, 10.0 or later is needed: older ones corrupt machines")
    assert "(no /dev/kvm)" in problem


def test_without_its_tool_for_disks_it_will_not_do(shim: Shim) -> None:
    shim("qemu-system-x86_64", "echo QEMU emulator version 10.0.2")
    assert qemu.examine(EMULATED).problem == "qemu-img is missing"


def test_the_table_asks_for_what_this_host_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    for found, minimum in ((EMULATED, (10, 0)), (KVM, (7, 2))):
        monkeypatch.setattr(requirements.acceleration, "of_this_host", lambda found=found: found)
        assert next(each for each in requirements.table("libvirt") if each.name == "QEMU").minimum == minimum


def test_backports_are_the_machines_own_archive_with_another_suite(archive: Archive) -> None:
    assert backports.source() == backports.AptSource("bookworm-backports", ".sources", TURNED)
    lines = archive.parts / "debian.list"
    lines.write_text(LINES)
    archive.shim("apt-get", f'echo "Debian/Debian bookworm bookworm {lines}:4"')
    assert backports.source().text == (
        "deb [arch=amd64 signed-by=/usr/share/keyrings/k.gpg] https://archive.example/debian"
        " bookworm-backports main contrib\n"
    )


def test_a_suite_by_another_name_is_found_and_an_archive_of_others_is_none(archive: Archive) -> None:
    named = archive.parts / "debian.sources"
    named.write_text("Types: deb\nURIs: https://archive.example/debian\nSuites: stable\nComponents: main\n")
    archive.shim("apt-get", f'echo "Debian/Debian trixie stable {named}:1"')
    assert "Suites: trixie-backports\n" in backports.source().text
    archive.shim("apt-get", f'echo "Ubuntu/Ubuntu noble noble {named}:1"; echo "/   {named}:1"')
    with pytest.raises(backports.Absent, match="no Debian archive is configured"):
        backports.source()


def test_under_emulation_it_comes_from_backports_and_apt_stays_as_it_was(
    archive: Archive, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.stat().st_mtime_ns for top in (archive.parts, archive.lists) for path in (top, *top.iterdir())}
    install.set_up((archive.requirement(EMULATED),))
    said = capsys.readouterr().out
    assert "missing: QEMU, which runs machines (this is QEMU 7.2.18, 10.0 or later is needed" in said
    assert "✓ install qemu-system-x86, qemu-utils from bookworm-backports" in said
    plain, update, installed = archive.asked()
    assert plain == "update --quiet"
    for line in (update, installed):
        private = line.split("Dir::State::Lists=")[1].split()[0]
        assert Path(private) != archive.lists
        assert "APT::Get::List-Cleanup=false" in line
        assert not Path(private).exists(), "it was left behind"
    assert "-t bookworm-backports" in installed
    after = {path: path.stat().st_mtime_ns for top in (archive.parts, archive.lists) for path in (top, *top.iterdir())}
    assert after == before


def test_under_kvm_and_where_the_archive_has_a_new_one_the_ordinary_install_is_used(archive: Archive) -> None:
    (archive.parts.parent / "installed").write_text("5.2.0")
    install.set_up((archive.requirement(KVM),))
    assert [line.split()[0] for line in archive.asked()] == ["update", "install"]
    assert "-t" not in archive.asked()[-1].split()


@pytest.mark.parametrize(
    ("newer", "why"),
    [("", "bookworm-backports cannot be had"), ("1:8.2.1+ds-1~bpo12+1", r"bookworm-backports has 8\.2\.1")],
)
def test_where_backports_cannot_help_nothing_is_installed_and_the_reason_is_given(
    archive: Archive, newer: str, why: str
) -> None:
    archive.offer(newer)
    with pytest.raises(steps.UserMustAct, match=why) as refused:
        install.set_up((archive.requirement(EMULATED),))
    said = str(refused.value)
    assert said.startswith(
        "QEMU: 10.0 or later is needed, and this system's archive has 7.2+dfsg-7 (older ones corrupt"
    )
    assert said.endswith("install QEMU 10.0 or later yourself, then run `make setup` again")
    assert [line.split()[0] for line in archive.asked()] == ["update", "update"]


def test_without_root_the_line_that_adds_backports_is_shown(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(steps.UserMustAct, match="root is needed") as refused:
        install.set_up((archive.requirement(EMULATED),))
    line = str(refused.value)
    assert "Suites: bookworm-backports" in line
    assert f"| sudo tee {archive.parts}/bookworm-backports.sources && sudo apt-get update" in line
    assert line.endswith("-t bookworm-backports qemu-system-x86 qemu-utils")
    assert archive.asked() == []
