"""What Vagrant makes of a plan for VirtualBox: its own configuration objects, and `vagrant validate`."""

import dataclasses
import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pretended import ROOT
from pretended.hosts import host
from pretended.programs import only_shims
from pretended.vagrant import has_vagrant
from swarmdrill.machines.build import box
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.plan import Node, Plan
from swarmdrill.machines.virtualbox import provider
from swarmdrill.machines.virtualbox.provider import VirtualBox

FIRMWARE = "VBoxInternal/Devices/pcbios/0/Config"
# One machine's configuration, as Vagrant has it once every Vagrantfile is read.
SHOW = """
require "json"
require "vagrant"
config = Vagrant::Environment.new(cwd: ARGV[0]).vagrantfile
config = config.machine_config(:manager2, :virtualbox, nil, nil, false)[:config]
vm = config.vm.get_provider_config(:virtualbox)
puts JSON.generate(
  name: vm.name, nic: vm.default_nic_type, adapters: vm.network_adapters, additions: vm.check_guest_additions,
  customizations: vm.customizations, networks: config.vm.networks, box: config.vm.box, version: config.vm.box_version,
  insert_key: config.ssh.insert_key, problems: vm.validate(Struct.new(:config).new(config)).values.flatten
)
"""


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A lab planned for VirtualBox, with a key."""
    lab = Lab(tmp_path / "run-1")
    lab.directory.mkdir()
    lab.private_key.touch()
    lab.private_key.with_suffix(".pub").write_text("ssh-ed25519 AAAAkey run-1\n")
    network, subnet = VirtualBox(host()).claim_network(lab.id, lab.directory, "10.254.77.0/24")
    plan = Plan(
        id=lab.id,
        provider=VirtualBox.name,
        engine="26.1.5",
        network=network,
        subnet=subnet,
        registry=False,
        pace=1.0,
        machine=VirtualBox(host()).machine_options(lab.id, lab.directory, "26.1.5.7"),
        nodes=tuple(Node(f"manager{i}", "manager", f"10.254.77.{10 + i}") for i in (1, 2, 3)),
    )
    lab.plan_file.write_text(json.dumps(dataclasses.asdict(plan)))
    return lab


@pytest.mark.skipif(not has_vagrant(), reason="Vagrant is not one of this system's Ruby libraries")
class TestVagrantfile:
    def environment(self, lab: Lab, **more: str) -> dict[str, str]:
        return {
            **os.environ,
            "SWARMDRILL_LAB": str(lab.directory),
            "VAGRANT_HOME": str(lab.directory / "home"),
            "VAGRANT_DOTFILE_PATH": str(lab.dotfile),
            "LANG": "C.UTF-8",
            **more,
        }

    def test_the_plan_becomes_the_machine_that_was_meant(self, lab: Lab) -> None:
        done = subprocess.run(
            ["ruby", "-e", SHOW, str(ROOT)], capture_output=True, text=True, check=False, env=self.environment(lab)
        )
        assert done.returncode == 0, done.stderr
        shown = json.loads(done.stdout.splitlines()[-1])
        assert shown["problems"] == []
        assert shown["name"] == f"swarmdrill-{lab.id}-manager2"
        assert provider.OURS.fullmatch(shown["name"])
        assert (shown["box"], shown["version"]) == (box.NAME, "26.1.5.7")
        assert (shown["nic"], shown["adapters"]) == ("virtio", {"1": ["nat", {}]})
        assert (shown["additions"], shown["insert_key"]) == (False, False)
        networks = dict(shown["networks"])
        assert networks["forwarded_port"]["host_ip"] == "127.0.0.1"
        private = networks["private_network"]
        assert private["ip"] == "10.254.77.12"
        assert private["virtualbox__intnet"] == f"swarmdrill-{lab.id}"
        assert private["auto_config"] is False, "it would take the machine's network down to set up the same again"

        assert {event for event, _ in shown["customizations"]} == {"pre-boot"}
        set_up = [command for _, command in shown["customizations"]]
        assert ["modifyvm", "id", "--natnet1", provider.NAT_NETWORK] in set_up
        extra = {command[2]: command[3] for command in set_up if command[0] == "setextradata"}
        word, name, machine_id, address = extra[f"{FIRMWARE}/DmiSystemSKU"].split(" ")
        assert (word, name, address) == ("swarmdrill", "manager2", "10.254.77.12/24")
        assert len(bytes.fromhex(machine_id)) == 16
        assert private["mac"] == f"02{machine_id[:10]}"
        assert extra[f"{FIRMWARE}/DmiSystemSerial"] == "AAAAkey"
        assert extra[provider.DIRECTORY_KEY] == str(lab.directory)

    @pytest.mark.parametrize(("spoilt", "problem"), [(False, ""), (True, "box must be specified")])
    def test_vagrant_validates_it(
        self, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoilt: bool, problem: str
    ) -> None:
        """VBoxManage is a stand-in: Vagrant asks it for its version before it looks at anything of the provider's."""
        path = os.environ["PATH"]
        only_shims(tmp_path / "bin", monkeypatch)("VBoxManage", "echo 7.0.20r163906")
        if spoilt:
            plan = json.loads(lab.plan_file.read_text())
            plan["machine"]["box"] = None
            lab.plan_file.write_text(json.dumps(plan))
        done = subprocess.run(
            [str(shutil.which("vagrant", path=path)), "validate"],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            env=self.environment(lab, PATH=f"{tmp_path}/bin:{path}", VAGRANT_DEFAULT_PROVIDER="virtualbox"),
        )
        assert (done.returncode != 0) == spoilt, done.stdout + done.stderr
        assert problem in done.stdout + done.stderr
