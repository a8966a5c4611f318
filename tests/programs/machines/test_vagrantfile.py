"""What the Vagrantfile asks the harness for, and which machines it then defines; nothing is booted."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from pretended import ROOT
from pretended.vagrant import has_vagrant

# Vagrant reads the file as it does for the command line in ARGV, and says which machines have which providers' blocks.
LOAD = """
require "vagrant"
root = ARGV.shift
file = Vagrant::Environment.new(cwd: root, ui_class: Vagrant::UI::Silent).vagrantfile
file.machine_names.each do |name|
  puts "#{name} #{file.machine_config(name, nil, nil, nil, false)[:config].vm.__providers.join(',')}"
end
"""
# Stands in for `swarmdrill plan`: remembers what it was asked, and plans for that provider.
PLAN = """#!/bin/sh
echo "$@" >> "$SWARMDRILL_LAB/asked"
provider=docker
for word; do case $word in --provider=*) provider=${word#*=} ;; esac; done
[ $provider = cloud ] && { echo "swarmdrill: --provider 'cloud': choose one of docker, libvirt" >&2; exit 2; }
sed "s/PROVIDER/$provider/" "$SWARMDRILL_LAB/pattern.json" > "$SWARMDRILL_LAB/lab.json"
"""
# One container's image and the arguments that it is made with.
SHOW = """
require "vagrant"
file = Vagrant::Environment.new(cwd: ARGV.shift, ui_class: Vagrant::UI::Silent).vagrantfile
file.machine_names.each do |name|
  container = file.machine_config(name, :docker, nil, nil, false)[:config].vm.get_provider_config(:docker)
  puts [name, container.image, *container.create_args].join(" ")
end
"""
DOMAIN = {"uri": "qemu:///system", "driver": "qemu", "cpu": "qemu64", "memory": 1024, "pool": "x"}
NAMES = ("manager1", "manager2", "manager3")

pytestmark = pytest.mark.skipif(not has_vagrant(), reason="Vagrant is not one of this system's Ruby libraries")


@pytest.fixture
def lab(tmp_path: Path) -> Path:
    """The directory of a lab that was never planned."""
    nodes = [{"name": name, "role": "manager", "address": f"10.254.77.{i}"} for i, name in enumerate(NAMES, 11)]
    machine = {
        "image": "x",
        "run_arguments": ["--init"],
        "volume": "type=volume,destination=/var/lib/docker",
        **DOMAIN,
        "box": "x",
        "kernel": "x",
        "initrd": "x",
        "hardware_prefix": "52:54",
    }
    plan = {"id": "x", "provider": "PROVIDER", "network": "n", "subnet": "10.254.77.0/24", "registry": False}
    (tmp_path / "pattern.json").write_text(json.dumps({**plan, "machine": machine, "nodes": nodes}))
    (tmp_path / "id_ed25519.pub").write_text("ssh-ed25519 AAAAkey x\n")
    command = tmp_path / "swarmdrill"
    command.write_text(PLAN)
    command.chmod(0o755)
    return tmp_path


def load(lab: Path, *arguments: str, program: str = LOAD, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("SWARMDRILL_", "VAGRANT_"))}
    return subprocess.run(
        ["ruby", "-e", program, str(ROOT), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={
            **clean,
            "SWARMDRILL_LAB": str(lab),
            "SWARMDRILL_COMMAND": str(lab / "swarmdrill"),
            "VAGRANT_HOME": str(lab / "home"),
            "VAGRANT_DOTFILE_PATH": str(lab / "vagrant"),
            "LANG": "C.UTF-8",
            **environment,
        },
    )


def asked(lab: Path) -> list[str]:
    """What the harness was asked to do."""
    return (lab / "asked").read_text().splitlines() if (lab / "asked").exists() else []


@pytest.mark.parametrize(
    ("arguments", "environment", "wanted"),
    [
        (["up"], {}, "plan"),
        (["up", "--provider=libvirt"], {}, "plan --provider=libvirt"),
        (["up", "--provider", "libvirt"], {}, "plan --provider=libvirt"),
        (["up", "manager1"], {"VAGRANT_DEFAULT_PROVIDER": "libvirt"}, "plan --provider=libvirt"),
        (["up", "--provider=docker"], {"VAGRANT_DEFAULT_PROVIDER": "libvirt"}, "plan --provider=docker"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list | dict) else value,
)
def test_a_lab_is_planned_for_the_provider_that_vagrant_is_asked_for(
    lab: Path, arguments: list[str], environment: dict[str, str], wanted: str
) -> None:
    done = load(lab, *arguments, **environment)
    assert asked(lab) == [wanted], done.stderr
    assert done.returncode == 0, done.stderr
    provider = wanted.partition("=")[2] or "docker"
    assert done.stdout.split() == [word for name in NAMES for word in (name, provider)]


def test_only_an_up_plans(lab: Path) -> None:
    assert load(lab, "status").returncode == 0
    assert asked(lab) == []


def test_a_lab_is_planned_once_and_for_one_provider(lab: Path) -> None:
    for _ in range(2):
        assert load(lab, "up").returncode == 0
    done = load(lab, "up", "--provider=libvirt")
    assert done.returncode != 0
    assert "this lab is planned for docker, not for libvirt: run `swarmdrill down` first" in done.stderr
    assert asked(lab) == ["plan"]


def test_an_unknown_provider_is_refused_by_the_harness(lab: Path) -> None:
    done = load(lab, "up", "--provider=cloud")
    assert done.returncode != 0
    assert "--provider 'cloud': choose one of docker, libvirt" in done.stderr
    assert "Error" not in done.stderr


def test_one_machine_that_boots_leaves_the_addresses_of_the_others(lab: Path) -> None:
    load(lab, "up")
    (lab / "ssh").mkdir()
    for name in NAMES:
        (lab / "ssh" / name).touch()
    load(lab, "up", "manager2")
    assert sorted(path.name for path in (lab / "ssh").iterdir()) == ["manager1", "manager3"]
    load(lab, "up")
    assert list((lab / "ssh").iterdir()) == []


def test_a_machine_with_another_engine_has_its_image_and_the_volume_of_before(lab: Path) -> None:
    load(lab, "up")
    before = load(lab, "status", program=SHOW).stdout.splitlines()
    assert before[1] == (
        "manager2 x --init --mount source=swarmdrill-x-manager2,type=volume,destination=/var/lib/docker "
        "--network n --ip 10.254.77.12"
    )
    plan = json.loads((lab / "lab.json").read_text())
    plan["nodes"][1] |= {"engine": "28.5.2", "made_from": "node:28.5.2"}
    plan["nodes"][2] |= {"engine": None, "made_from": None}
    (lab / "lab.json").write_text(json.dumps(plan))
    after = load(lab, "status", program=SHOW).stdout.splitlines()
    assert after == [before[0], before[1].replace(" x ", " node:28.5.2 "), before[2]]


# How Vagrant makes a machine of another package's provider, and which engine its docker client would ask.
PAPER = """
module SwarmdrillMachines
  def self.went_away(_plan, _name) end

  def self.define(machine, plan, node, _key)
    machine.vm.provider(:docker) { |sheet, _| sheet.image = "#{plan['machine']['sheet']} #{ENV['DOCKER_HOST']}" }
  end
end
"""


def planned(lab: Path, **other: object) -> None:
    """A plan of three managers that has these fields, too."""
    load(lab, "up")
    plan = json.loads((lab / "lab.json").read_text())
    (lab / "lab.json").write_text(json.dumps({**plan, **other}))


def test_a_provider_of_another_package_says_itself_how_its_machines_are_made(lab: Path) -> None:
    (lab / "paper.rb").write_text(PAPER)
    planned(lab, provider="paper", definition=str(lab / "paper.rb"), machine={"sheet": "A4"}, docker_host="")
    done = load(lab, "status", program=SHOW, DOCKER_HOST="unix:///of-the-user.sock")
    assert done.stdout.splitlines() == [f"{name} A4 unix:///of-the-user.sock" for name in NAMES], done.stderr


def test_vagrant_s_client_asks_the_engine_that_the_lab_was_made_on(lab: Path) -> None:
    (lab / "paper.rb").write_text(PAPER)
    made_on = "unix:///made-on.sock"
    planned(lab, provider="paper", definition=str(lab / "paper.rb"), machine={"sheet": "A4"}, docker_host=made_on)
    done = load(lab, "status", program=SHOW, DOCKER_HOST="unix:///of-the-user.sock")
    assert done.stdout.splitlines() == [f"{name} A4 {made_on}" for name in NAMES], done.stderr


def test_swarmdrills_own_are_found_from_the_vagrantfile(lab: Path) -> None:
    planned(lab, definition="containers/machines.rb", docker_host="unix:///made-on.sock")
    done = load(lab, "status")
    assert done.stdout.split() == [word for name in NAMES for word in (name, "docker")], done.stderr
