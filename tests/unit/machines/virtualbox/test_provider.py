"""VirtualBox: which calls the provider makes, and what it makes of the answers.

VirtualBox is not here: its client is a stand-in that writes down what it was called with. These tests say that
the calls are the intended ones and in order, and nothing about whether VirtualBox does what is expected of them.
"""

import time
from pathlib import Path

import pytest

from pretended.hosts import host
from pretended.programs import Shim, only_shims
from swarmdrill.base import places
from swarmdrill.base.errors import UsageProblem
from swarmdrill.host import virtualbox as host_virtualbox
from swarmdrill.machines.provider import Label
from swarmdrill.machines.registry import named, present
from swarmdrill.machines.virtualbox import disk, provider, vboxmanage
from swarmdrill.machines.virtualbox.provider import VirtualBox
from swarmdrill.setup import virtualbox
from swarmdrill.setup.steps import UserMustAct

LAB = "run-1-c0ffee42"
MANAGERS = ("manager1", "manager2")


class Client:
    """The stand-in for VBoxManage: `calls` are the ones that change something, `machines` the states it tells."""

    def __init__(self, directory: Path, shim: Shim) -> None:
        self._log, self._directory = directory / "calls", directory / "machines"
        self._log.touch()
        self._directory.mkdir()
        shim("ip", "echo '[]'")
        shim(
            "VBoxManage",
            f"""cd {self._directory}
case "$1 $2" in
"--version ") echo 7.0.20r163906; exit ;;
"list vms")
    for name in *; do [ "$name" = "*" ] || echo "\\"$name\\" {{0cc19ee9-dbb3-4e19-a4da-8c1911046394}}"; done
    exit ;;
"list systemproperties") echo "Default machine folder:          /tmp"; exit ;;
showvminfo*) echo "VMState=\\"$(cat "$2")\\""; exit ;;
getextradata*) case $2 in *manager1) echo "Value: /labs/run-1" ;; *) echo "No value set!" ;; esac; exit ;;
esac
echo "$*" >> {self._log}
case "$1 $3" in
"controlvm poweroff") echo poweroff > "$2" ;;
"controlvm pause") echo paused > "$2" ;;
"controlvm resume" | "startvm --type") echo running > "$2" ;;
"unregistervm --delete")
    # The process of the machine that was just ended has it for another moment.
    if [ -e ../locked ]; then rm ../locked; echo "Cannot unregister the machine while it is locked" >&2; exit 1; fi
    rm "$2" ;;
esac
""",
        )

    def add(self, machine: str, state: str = "running") -> None:
        (self._directory / machine).write_text(state)

    def lock(self) -> None:
        (self._directory.parent / "locked").touch()

    def calls(self) -> list[str]:
        return self._log.read_text().splitlines()


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    return Client(tmp_path, only_shims(tmp_path / "bin", monkeypatch))


class TestProvider:
    def test_where_there_is_no_virtualbox_nothing_asks_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shim = only_shims(tmp_path / "bin", monkeypatch)
        assert not VirtualBox(host()).answers()
        with pytest.raises(UsageProblem, match="VBoxManage is missing; install it from https"):
            VirtualBox(host()).require()
        with pytest.raises(UserMustAct, match="VBoxManage is missing"):
            virtualbox.demand()
        assert "virtualbox" not in [each.name for each in present([host()])]
        shim("VBoxManage", "echo broken >&2; exit 1")
        assert not VirtualBox(host()).answers()

    @pytest.mark.parametrize(
        ("says", "problem"),
        [
            ("echo 7.0.20r163906", ""),
            ("echo 6.0.4r128413", "6.1 or later is needed"),
            ("echo WARNING: The vboxdrv kernel module is not loaded.; echo 7.0.20r163906", "sudo /sbin/vboxconfig"),
        ],
    )
    def test_the_client_says_whether_machines_can_be_had(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, says: str, problem: str
    ) -> None:
        only_shims(tmp_path / "bin", monkeypatch)("VBoxManage", says)
        assert problem in host_virtualbox.examine().problem
        assert host_virtualbox.examine().ok == (not problem)

    def test_a_lab_is_found_by_its_machines_and_what_they_carry(self, client: Client) -> None:
        assert VirtualBox(host()).labels() == []
        for machine in (f"swarmdrill-{LAB}-manager1", "swarmdrill-run-2-c0ffee42-manager2", "swarmdrill-mine", "other"):
            client.add(machine)
        assert VirtualBox(host()).labels() == [Label(LAB, "/labs/run-1", f"machine swarmdrill-{LAB}-manager1")], (
            "without a directory it cannot be said whose it is"
        )

    def test_a_lab_is_removed_with_its_machines_alone_once_they_are_unlocked(
        self, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(vboxmanage, "UNLOCK_INTERVAL", 0.01)
        for machine, state in (("manager1", "running"), ("manager2", "saved")):
            client.add(f"swarmdrill-{LAB}-{machine}", state)
        client.add(f"swarmdrill-{LAB}0-manager1")
        client.add(f"swarmdrill-x-{LAB}-manager1")
        client.lock()
        VirtualBox(host()).remove_lab(LAB, "/labs/run-1")
        first, second = (f"swarmdrill-{LAB}-{machine}" for machine in MANAGERS)
        assert client.calls() == [
            f"controlvm {first} poweroff",
            f"unregistervm {first} --delete",
            f"unregistervm {first} --delete",
            f"unregistervm {second} --delete",
        ]

    def test_what_was_cut_off_while_vagrant_imported_goes_with_the_boxes(
        self, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path))
        (tmp_path / "boxes").mkdir()
        now = int(time.time() * 1000)
        old, current = (f"swarmdrill-node_{when}_123" for when in (now - 3_600_000, now))
        for machine in (old, current):
            client.add(machine, "poweroff")
        VirtualBox(host()).remove_built()
        assert client.calls() == [f"unregistervm {old} --delete"], "the other is being imported"
        assert not (tmp_path / "boxes").exists()

    def test_the_network_is_named_for_the_lab_and_never_the_one_of_the_nat(
        self, tmp_path: Path, client: Client
    ) -> None:
        assert VirtualBox(host()).claim_network(LAB, tmp_path, "10.254.76.0/24") == (
            f"swarmdrill-{LAB}",
            "10.254.76.0/24",
        )
        with pytest.raises(UsageProblem, match="the machines' NAT has it"):
            VirtualBox(host()).claim_network(LAB, tmp_path, provider.NAT_NETWORK)

    def test_what_is_told_by_the_firmware_fits_into_its_table(self) -> None:
        """256 bytes for each string, 768 for all (FwCommonPlantDMITable and VBOX_DMI_TABLE_SIZE, VirtualBox 7.1)."""
        longest = "swarmdrill manager7 " + 32 * "f" + " 192.168.222.111/24 registry"
        key = 68 * "A"
        # 420: the structures and strings that VirtualBox itself puts there, rounded up.
        assert max(len(longest), len(key)) < 256
        assert 420 + len(longest) + len(key) < 768

    def test_it_is_offered_and_the_doctor_says_that_it_was_never_verified(
        self,
        client: Client,
    ) -> None:
        report = named("virtualbox", host()).report()
        assert report.usable
        assert "not verified by its makers" in report.reason

    def test_boxes_are_kept_apart_from_those_of_libvirt(self) -> None:
        assert VirtualBox(host()).vagrant_home().parent == places.state()
        assert VirtualBox(host()).machine_options(LAB, Path("/labs/run-1"), "1")["memory"] == disk.MEMORY_MB


class TestHypervisor:
    @pytest.fixture(autouse=True)
    def running(self, client: Client) -> None:
        for machine in MANAGERS:
            client.add(f"swarmdrill-{LAB}-{machine}")

    def verbs(self, client: Client) -> list[str]:
        """The calls without the machines' names, each pair of them as one: no order is meant between machines."""
        calls = [call.replace(f"swarmdrill-{LAB}-", "") for call in client.calls()]
        assert len(calls) % 2 == 0
        steps = []
        for first, second in zip(calls[::2], calls[1::2], strict=True):
            named = {word for call in (first, second) for word in call.split() if word in MANAGERS}
            assert named == set(MANAGERS), (first, second)
            without = {" ".join(word for word in call.split() if word not in MANAGERS) for call in (first, second)}
            assert len(without) == 1, without
            steps.append(without.pop())
        return steps

    def test_time_stops_on_all_machines_before_the_first_is_kept(self, client: Client) -> None:
        VirtualBox(host()).hypervisor.save(LAB, "golden", MANAGERS)
        assert self.verbs(client) == ["controlvm pause", "snapshot take golden", "controlvm resume"]

    def test_all_are_put_back_before_the_first_runs_on(self, client: Client) -> None:
        VirtualBox(host()).hypervisor.restore(LAB, "golden", MANAGERS)
        assert self.verbs(client) == ["controlvm poweroff", "snapshot restore golden", "startvm --type headless"]

    def test_power_and_forgetting(self, client: Client) -> None:
        hypervisor = VirtualBox(host()).hypervisor
        hypervisor.cut_power(LAB, MANAGERS)
        hypervisor.power_on(LAB, MANAGERS)
        hypervisor.forget(LAB, "golden", MANAGERS)
        assert self.verbs(client) == ["controlvm poweroff", "startvm --type headless", "snapshot delete golden"]
