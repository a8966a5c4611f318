"""What a node is: the tools that procedures may call, a key of its own, the host's clock and disk out of its reach."""

import shlex
import shutil
import time
from pathlib import Path

import pytest

from product.booted import node
from product.checkout import PROVIDER
from swarmdrill.base.programs import call
from swarmdrill.host.host import this_host
from swarmdrill.machines.build import box, releases
from swarmdrill.machines.containers import provider as containers
from swarmdrill.swarm.machine import Machine
from swarmdrill.swarm.replies import EngineSilent

CAP_SYS_TIME = 25
MEGABYTE = 1 << 20
# What is written beyond what a node's disk holds, in a test that must not fill the host's.
BEYOND = 300 * MEGABYTE
on_containers = pytest.mark.skipif(PROVIDER != "docker", reason="virtual machines have clock and disk of their own")

# One line for each tool, which does with it what a backup script would.
TOOLS = (
    "sudo -n true",
    "bash -c '[[ -n $BASH_VERSION ]]'",
    "tar --create /etc/hostname | gzip | gunzip | tar --list | grep -q etc/hostname",
    "tar --create --zstd /etc/hostname | zstd --decompress | tar --list | grep -q etc/hostname",
    # One after the other: two that start at the same time in a new home are in each other's way.
    "echo secret | gpg --batch --passphrase x --pinentry-mode loopback --output /tmp/secret.gpg --symmetric &&"
    ' [ "$(gpg --batch --passphrase x --pinentry-mode loopback --decrypt /tmp/secret.gpg)" = secret ]',
    "docker version --format '{{json .}}' | jq --exit-status .Server.Version",
    "rsync --archive /etc/ssh/ /tmp/copied/ && cmp /etc/ssh/sshd_config /tmp/copied/sshd_config",
    "curl --silent --fail --unix-socket /var/run/docker.sock http://docker/version",
    "echo secret | openssl enc -aes-256-cbc -pbkdf2 -pass pass:x | openssl enc -d -aes-256-cbc -pbkdf2 -pass pass:x",
    "flock --nonblock /tmp/lock true",
    "sha256sum /etc/hostname | sha256sum --check",
    "python3 -c 'import json, ssl, sqlite3, tarfile, urllib.request'",
    "scp -q -o BatchMode=yes -V 2>&1 | grep -q . || ssh -V",
)


def test_a_node_has_the_tools_and_its_labs_key_alone() -> None:
    with node(PROVIDER) as machine:
        failed = [line for line in TOOLS if machine.run(f"set -o pipefail; {line}", check=False).exit_status]
        assert failed == []
        keys = machine.run("cat /root/.ssh/authorized_keys").stdout.splitlines()
        (config,) = (
            line.split('"')[1] for line in machine.remote.ssh_config.read_text().splitlines() if "IdentityFile" in line
        )
        public = Path(f"{config}.pub").read_text(encoding="ascii").split()[1]
        assert [key.split()[1] for key in keys] == [public]
        a_look_starts_no_engine(machine)
        if PROVIDER == "docker":
            its_clock_is_out_of_reach(machine)


def a_look_starts_no_engine(machine: Machine) -> None:
    """Whoever asks at Debian's socket starts a stopped engine; the harness, whatever looks, does not."""
    active = "systemctl is-active docker.service docker.socket"
    machine.stop_docker()
    with pytest.raises(EngineSilent):
        machine.engine.docker("version")
    assert machine.run(active, check=False).stdout.split() == ["inactive", "active"]
    machine.run("docker version")
    assert machine.run(active).stdout.split() == ["active", "active"]
    assert machine.engine.docker("version").or_raise()


def its_clock_is_out_of_reach(machine: Machine) -> None:
    """In a container the clock is the host's, so nothing is tried unless systemd and this shell have lost the right."""
    for process in ("1", "self"):
        bounding = machine.run(f"sed -n 's/^CapBnd:\\t//p' /proc/{process}/status").stdout
        assert not int(bounding, 16) >> CAP_SYS_TIME & 1, "with it, the next lines would set the host's clock"
    before = time.time() - time.monotonic()
    for line in ("date --set '+1 hour'", "date --set @0", "python3 -c 'import time; time.clock_settime(0, 1)'"):
        done = machine.run(line, check=False)
        assert done.exit_status == 1, line
        assert "Operation not permitted" in done.stderr, line
    assert abs(time.time() - time.monotonic() - before) < 1, "the host's clock moved"


@on_containers
def test_a_full_disk_of_a_node_is_not_the_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    """All that is written ends at the disk's size, wherever in the node, and what is removed is the host's again."""
    monkeypatch.setattr(containers, "DISK_BYTES", 1_000_000_000)
    root = Path(this_host().docker("info", "--format", "{{.DockerRootDir}}"))
    assert shutil.disk_usage(root).free > 4 * (containers.DISK_BYTES + BEYOND), f"{root} has no room for this test"
    with node("docker") as machine:
        free = shutil.disk_usage(root).free
        for place in ("/fill", "/var/lib/docker/fill", "/tmp/fill"):
            done = machine.run(
                f"head --bytes={containers.DISK_BYTES + BEYOND} /dev/zero > {shlex.quote(place)}", check=False
            )
            assert "No space left on device" in done.stderr, place
            taken = free - shutil.disk_usage(root).free
            assert taken < containers.DISK_BYTES + BEYOND / 2, f"{place} took {taken / 1e9:.2f} GB"
            machine.run(f"rm {place} && sync")
        assert free - shutil.disk_usage(root).free < BEYOND / 2, "what was removed is not the host's again"
        # What an engine's files on the host could be filled through, and memory.
        for place in ("/etc/hosts", "/etc/hostname", "/etc/resolv.conf"):
            assert machine.run(f"stat --file-system --format=%T {place}").stdout == "overlayfs\n"
        assert int(machine.run("df --output=size --block-size=1 / | tail -n 1").stdout) < containers.DISK_BYTES


@pytest.mark.skipif(PROVIDER != "libvirt", reason="only virtual machines are made of boxes")
def test_a_box_lets_nobody_in_by_itself(tmp_path: Path) -> None:
    """Its disk holds no key and no password; a lab's key comes with the start of a machine (take-key)."""
    built = box.ensure(releases.release("26.1.5"))
    disk = tmp_path / "disk.raw"
    run = call
    run("qemu-img", "convert", "-O", "raw", str(built.part("box.img")), str(disk), timeout=300)
    assert "authorized_keys" not in run("debugfs", "-R", "ls -p /root/.ssh", str(disk))
    shadow = run("debugfs", "-R", "cat /etc/shadow", str(disk)).splitlines()
    assert {line.split(":")[1] for line in shadow} <= {"*", "!", "!*"}
