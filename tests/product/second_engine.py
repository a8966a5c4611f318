"""A second Docker Engine beside this host's: with a network, processes, mounts and files of its own, and a socket."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from product.running import wait_until

# It has a network of its own: two engines in one would flush each other's rules of iptables when they start (moby,
# libnetwork/drivers/bridge, removeIPChains). What it keeps while it runs (exec-root, pid file) is in a /run of its own.
# $1 is its directory, $2 the group that its containers' groups lie below.
START = """
set -eu
mount -t tmpfs tmpfs /run
ip link set lo up
exec dockerd --host="unix://$1/docker.sock" --data-root="$1/data" --cgroup-parent="/$2"
"""
FENCE = ("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
# Of the docker command, by which an object of a lab is listed.
KINDS = (("ps", "--all"), ("network", "ls"), ("volume", "ls"))


@dataclass(frozen=True)
class SecondEngine:
    """An engine that runs; its machines are reached from its network alone, which `inside` is in."""

    directory: Path
    process: int

    @property
    def address(self) -> str:
        return f"unix://{self.directory}/docker.sock"

    def inside(self, *command: str) -> list[str]:
        """The command in the engine's network, and for the rest on this host."""
        return ["nsenter", f"--net=/proc/{self.process}/ns/net", *command]


def things(labels: str, *client: str) -> dict[str, list[str]]:
    """What an engine has with that label, by kind; `client` is the docker client with its options."""
    found = {kind[0]: _lines((*client, *kind, "--quiet", "--filter", f"label={labels}")) for kind in KINDS}
    return {kind: names for kind, names in found.items() if names}


@contextmanager
def second_engine(directory: Path) -> Iterator[SecondEngine]:
    """Start it, with its files in `directory`, and end it with all that it runs."""
    directory.mkdir()
    group = f"swarmdrill-{os.getpid()}"
    log = directory / "dockerd.log"
    with log.open("wb") as said:
        command = [*FENCE, "sh", "-c", START, "sh", str(directory), group]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT)
    engine = SecondEngine(directory, process.pid)

    def answers() -> bool:
        assert process.poll() is None, log.read_text(errors="replace")
        return subprocess.run(["docker", "--host", engine.address, "version"], capture_output=True).returncode == 0

    try:
        wait_until(answers, "second engine", lambda: log.read_text(errors="replace"))
        yield engine
    finally:
        (dockerd,) = _lines(("cat", f"/proc/{process.pid}/task/{process.pid}/children"), words=True) or [""]
        if dockerd:
            os.kill(int(dockerd), signal.SIGTERM)
        process.wait(timeout=60)
        shutil.rmtree(directory)
        for path in Path("/sys/fs/cgroup").glob(f"*/{group}"):
            path.rmdir()


def _lines(command: Sequence[str], *, words: bool = False) -> list[str]:
    said = subprocess.run(command, capture_output=True, text=True, check=not words).stdout
    return said.split() if words else said.splitlines()
