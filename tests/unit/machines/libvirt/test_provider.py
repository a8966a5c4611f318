"""What is asked of libvirt, without a libvirt: names, addresses, and refusals."""

import shutil
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace

import pytest

from pretended.hosts import host
from swarmdrill.base.errors import UsageProblem
from swarmdrill.host import resources
from swarmdrill.machines import capabilities
from swarmdrill.machines.containers.provider import Containers
from swarmdrill.machines.libvirt import definitions, provider
from swarmdrill.machines.libvirt.definitions import hardware_prefix
from swarmdrill.machines.libvirt.provider import Libvirt

LAB = "run-1-abcdef"
DIRECTORY = "/a 'b\" <c> & Übung/labs/run-1"


@pytest.fixture
def network() -> ET.Element:
    return ET.fromstring(definitions.network(f"swarmdrill-{LAB}", LAB, Path(DIRECTORY), "10.213.7.0/24"))


def test_the_network_has_no_way_out(network: ET.Element) -> None:
    assert network.find("forward") is None
    assert network.find("dns[@enable='no']") is not None


def test_it_says_where_its_lab_lives(network: ET.Element) -> None:
    described = network.find(f"metadata/{{{definitions.NAMESPACE}}}lab")
    assert described is not None
    assert described.attrib == {"directory": DIRECTORY}


def test_a_pool_s_directory_can_have_any_name() -> None:
    pool = ET.fromstring(definitions.pool("swarmdrill", Path(DIRECTORY)))
    assert (pool.attrib, pool.findtext("name"), pool.findtext("target/path")) == (
        {"type": "dir"},
        "swarmdrill",
        DIRECTORY,
    )


def test_every_machine_that_a_lab_can_have_has_an_address_of_its_own(network: ET.Element) -> None:
    hosts = {host.attrib["ip"]: host.attrib["mac"] for host in network.findall("ip/dhcp/host")}
    managers = {f"10.213.7.{number}" for number in range(11, 18)}
    workers = {f"10.213.7.{number}" for number in range(21, 29)}
    assert managers | workers <= hosts.keys()
    assert len(set(hosts.values())) == len(hosts)
    assert hosts["10.213.7.11"] == f"{hardware_prefix(LAB)}:0b"


def test_hardware_addresses_of_labs_differ_and_are_local_ones() -> None:
    prefixes = {hardware_prefix(f"run-{number}-abcdef") for number in range(50)}
    assert len(prefixes) == 50
    assert all(prefix.startswith("52:54:") for prefix in prefixes), "locally administered, as QEMU's own are"


@pytest.fixture(autouse=True)
def host_with_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meminfo").write_text("MemTotal:        8000000 kB\nMemAvailable:    6000000 kB\n")
    monkeypatch.setattr(resources, "MEMINFO", tmp_path / "meminfo")


def test_too_little_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "MEMORY_MB", 10_000_000)
    with pytest.raises(UsageProblem, match=r"GB of memory are available; 3 machines need \d+\.\d GB"):
        Libvirt(host()).require_room(3)


def test_too_little_disk_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(provider, "MEMORY_MB", 0)
    monkeypatch.setattr(provider, "POOL_DIRECTORY", tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=10**12))
    monkeypatch.setattr(provider, "BYTES_PER_MACHINE", 10**15)
    with pytest.raises(UsageProblem, match=r" has 1000\.0 GB free; 3 machines need 3000000\.0 GB: free some space"):
        Libvirt(host()).require_room(3)


class TestNeeds:
    """A scenario is skipped with a reason that says what its machines lack."""

    def test_what_containers_lack_is_named(self) -> None:
        said = capabilities.lacking(Containers(host()), (capabilities.SNAPSHOTS, capabilities.OWN_CLOCK))
        assert (
            said == "snapshots: Vagrant's docker provider has none; own kernel and clock: containers share the host's"
        )

    def test_machines_have_all(self) -> None:
        every = (capabilities.SNAPSHOTS, capabilities.OWN_CLOCK, capabilities.SERVICE_VIPS)
        assert capabilities.lacking(Libvirt(host()), every) == ""

    def test_but_their_engine_cannot_be_changed_as_that_of_containers(self) -> None:
        assert "same disk" in capabilities.lacking(Libvirt(host()), (capabilities.ENGINE_CHANGE,))
        assert capabilities.lacking(Containers(host()), (capabilities.ENGINE_CHANGE,)) == ""
