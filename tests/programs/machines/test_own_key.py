"""A box that is used by hand, with its own Vagrantfile: who gets in is whoever has the key that was made there."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from pretended.vagrant import has_vagrant
from swarmdrill.machines.build import box
from swarmdrill.machines.virtualbox import disk

# What Vagrant makes of the Vagrantfile in a directory; the plugin for libvirt need not be there to read the other one.
SHOW = """
require "json"
require "vagrant"
config = Vagrant::Environment.new(cwd: ARGV[0], ui_class: Vagrant::UI::Silent).vagrantfile.config
machine = config.vm.get_provider_config(ARGV[1].to_sym)
puts JSON.generate(
  key: config.ssh.private_key_path, insert_key: config.ssh.insert_key,
  start: ARGV[1] == "libvirt" ? machine.cmd_line : machine.customizations.flatten.join(" ")
)
"""
HAS_LIBVIRT = Path("/usr/share/vagrant-plugins/plugins.d/vagrant-libvirt.json").exists()
PROVIDERS = [
    pytest.param(
        "libvirt",
        box.VAGRANTFILE,
        marks=pytest.mark.skipif(not HAS_LIBVIRT, reason="Debian's vagrant-libvirt is not installed"),
    ),
    pytest.param("virtualbox", disk.VAGRANTFILE),
]

pytestmark = pytest.mark.skipif(not has_vagrant(), reason="Vagrant is not one of this system's Ruby libraries")


def shown(directory: Path, provider: str) -> dict[str, object]:
    done = subprocess.run(
        ["ruby", "-e", SHOW, str(directory), provider],
        env={**os.environ, "VAGRANT_HOME": str(directory / "home"), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("provider", "vagrantfile"), PROVIDERS)
def test_a_key_is_made_once_and_is_the_one_that_is_let_in(provider: str, vagrantfile: str, tmp_path: Path) -> None:
    place = tmp_path / "boxes of Jürgen's"
    place.mkdir()
    (place / "Vagrantfile").write_text(vagrantfile, encoding="utf-8")
    found = shown(place, provider)
    private = place / "id_ed25519"
    assert found["key"] == [str(private)] or found["key"] == str(private)
    assert found["insert_key"] is False, "Vagrant would look for the key that every public box lets in"
    assert private.stat().st_mode & 0o077 == 0
    public = private.with_suffix(".pub").read_text(encoding="ascii").split()[1]
    assert public in str(found["start"])
    assert shown(place, provider) == found, "another key was made"


def test_nothing_that_nodes_are_made_from_is_a_public_key() -> None:
    for path in box.NODES.rglob("*"):
        assert not path.is_file() or b"AAAAB3NzaC1yc2E" not in path.read_bytes(), path
