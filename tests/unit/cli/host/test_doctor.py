"""What `swarmdrill doctor` prints."""

import re
from pathlib import Path

import pytest

from pretended.distribution import install
from swarmdrill.base import plugins
from swarmdrill.base.settings import how_to
from swarmdrill.cli.host import doctor as cli_doctor
from swarmdrill.host.tools import ToolFinding
from swarmdrill.machines import capabilities
from swarmdrill.procedures import loading
from swarmdrill.setup import doctor
from swarmdrill.setup.requirements import Requirement


def there(name: str) -> Requirement:
    return Requirement(name, "is there", lambda: ToolFinding("1.0"))


def test_the_doctor_says_what_is_there_what_is_missing_and_what_providers_can_do() -> None:
    table = (
        there("Python"),
        there("Vagrant"),
        Requirement("Node.js", "reports", there("").examine, optional=True),
    )
    findings = {
        "Python": ToolFinding("3.11.7"),
        "Vagrant": ToolFinding(problem="vagrant is missing"),
        "Node.js": ToolFinding(problem="node is missing"),
    }
    lines = doctor.requirements_table(table, findings, how_to("setup", "libvirt")).splitlines()
    assert lines[1:] == [
        "✓  Python   3.11.7              is there",
        "✗  Vagrant  vagrant is missing  is there",
        "-  Node.js  node is missing     reports",
        "`make setup PROVIDER=libvirt` gets what is missing",
    ]
    assert not doctor.complete(table, findings)
    assert doctor.complete(table, {**findings, "Vagrant": ToolFinding("2.3.4")})
    libvirt = capabilities.ProviderReport(
        "libvirt", False, {"snapshots": (False, "no VMs")}, "vagrant-libvirt is missing"
    )
    docker = capabilities.ProviderReport("docker", True, {"own clock": (False, "one kernel for all")})
    assert cli_doctor.providers_table((docker, libvirt)).splitlines()[1:] == [
        "✓  docker",
        "   ✗ own clock  one kernel for all",
        "✗  libvirt      vagrant-libvirt is missing",
        "   ✗ snapshots  no VMs",
    ]


def test_procedures_and_faults_are_listed_with_why_one_is_no_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    points = "nightly = theirs:Nightly\ngone = theirs:Gone"
    code = "class Nightly:\n    def backup(self, cluster): ...\n    def restore(self, cluster, backup): ...\n"
    install(tmp_path / "site", monkeypatch, group=plugins.PROCEDURES, points=points, code=code)
    lines = cli_doctor.by_name("procedure", loading.names(), loading.named).splitlines()
    assert lines[0].strip() == "procedure"
    assert {"✓  document", "✓  nightly"} <= set(lines)
    (gone,) = (line for line in lines if line.startswith("✗"))
    assert re.match(r"✗  gone +swarmdrill\.procedures: gone cannot be loaded from theirs:Gone", gone)
