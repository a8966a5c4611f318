"""A fresh machine: a container of this host's engine, with an engine of its own inside, and nothing else of this host.

Known by a label that says which checkout it belongs to. One process of a checkout has such machines at a time, so what
carries the label when another one begins was left by a process that was killed.
"""

import hashlib
import io
import os
import subprocess
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fresh.clients import Configuration
from swarmdrill.base.errors import LabBroken
from swarmdrill.base.messages import said
from swarmdrill.host.host import this_host
from swarmdrill.machines.containers.provider import Containers

REPOSITORY = Path(__file__).resolve().parents[1]
LABEL = f"swarmdrill.fresh={hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:12]}"
# Removing unlinks some ten thousand files of the machine's engine.
REMOVE_SECONDS = 300
PREPARE_SECONDS = 120
# An engine needs this, on whichever version of control groups (nodes' node-init does the same).
BOOT = """\
mount -o remount,rw /sys 2>/dev/null || true
awk '$3 == "cgroup" { print $2 }' /proc/mounts | while read -r place; do mount -o remount,bind,rw "$place"; done
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p /sys/fs/cgroup/init
    while read -r pid; do
        echo "$pid" > /sys/fs/cgroup/init/cgroup.procs 2>/dev/null || true
    done < /sys/fs/cgroup/cgroup.procs
    sed -e 's/ / +/g' -e 's/^/+/' /sys/fs/cgroup/cgroup.controllers > /sys/fs/cgroup/cgroup.subtree_control
fi
exec sleep infinity
"""


@dataclass(frozen=True)
class Account:
    """Somebody who uses the machine; `directory`, where the clone is, has a blank and a non-ASCII letter in it."""

    name: str
    home: str

    @property
    def directory(self) -> str:
        return f"{self.home}/Übung 1/swarmdrill"


ROOT = Account("root", "/root")
USER = Account("user", "/home/user")


def start_command(image: str) -> list[str]:
    """The command that starts a machine: no directory, device, socket or network of this host goes into it."""
    host = this_host()
    return [
        *host.docker_command("run", "--detach", "--init", "--label", LABEL),
        # overlayfs, which the machine's engine uses, cannot lie on overlayfs, which a container's root is.
        *("--mount", f"type=volume,destination=/var/lib/docker,volume-label={LABEL}"),
        *Containers(host).engine_rights(image),
        *(image, "sh", "-c", BOOT),
    ]


class Machine:
    """A machine that runs; `id` is its container's."""

    def __init__(self, identifier: str, environment: Mapping[str, str]) -> None:
        self.id = identifier
        self._environment = environment

    def command(self, account: Account, script: str, directory: str = "/") -> list[str]:
        """The command that runs a shell script there. Values stay out of it: they may be passwords of proxies."""
        variables = {"LANG": "C", "HOME": account.home, "USER": account.name, "LOGNAME": account.name}
        return [
            *this_host().docker_command("exec", "--interactive", "--user", account.name, "--workdir", directory),
            *(word for name, value in variables.items() for word in ("--env", f"{name}={value}")),
            *(word for name in self._environment for word in ("--env", name)),
            *(self.id, "sh", "-c", script),
        ]

    def run(self, account: Account, script: str, log: Path, *, timeout: float, directory: str = "/") -> int | None:
        """Run `script` there and return its exit status, None after `timeout` seconds; what it says goes to `log`."""
        with log.open("ab") as said:
            try:
                return subprocess.run(
                    self.command(account, script, directory),
                    stdin=subprocess.DEVNULL,
                    stdout=said,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **self._environment},
                    timeout=timeout,
                ).returncode
            except subprocess.TimeoutExpired:
                return None

    def put(self, files: Mapping[str, bytes]) -> None:
        """Write files there, by absolute path, for everybody to read. Raises LabBroken."""
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for path, content in files.items():
                entry = tarfile.TarInfo(path.lstrip("/"))
                entry.size, entry.mode = len(content), 0o644
                tar.addfile(entry, io.BytesIO(content))
        self._unpack(ROOT, "/", archive.getvalue())

    def give_repository(self, account: Account, archive: bytes) -> None:
        """Put a repository, a tar of `.git`, into the account's home as its own, and clone it. Raises LabBroken."""
        origin = f"{account.home}/origin"
        self._do(account, f"mkdir {origin}")
        self._unpack(account, origin, archive)
        self._do(account, f"git clone --quiet {origin} '{account.directory}'")

    def add_user(self) -> None:
        """Add an ordinary user who may use sudo, with a home that others may not enter. Raises LabBroken."""
        self._do(ROOT, f"useradd --create-home --shell /bin/bash {USER.name} && chmod 700 {USER.home}")
        rule = f"{USER.name} ALL=(ALL:ALL) NOPASSWD: ALL\n"
        self.put({f"/etc/sudoers.d/{USER.name}": rule.encode()})

    def start_engine(self) -> None:
        """Start the machine's engine as its init would: set-up has installed it. Raises LabBroken."""
        self._do(ROOT, "setsid dockerd > /var/log/docker.log 2>&1 < /dev/null &")
        self._do(ROOT, "timeout 60 sh -c 'until docker version; do sleep 0.1; done'")

    def _do(self, account: Account, script: str) -> None:
        self._finish(self.command(account, script), None)

    def _unpack(self, account: Account, directory: str, archive: bytes) -> None:
        self._finish(self.command(account, f"tar -C {directory} -x --no-same-owner"), archive)

    def _finish(self, command: list[str], stdin: bytes | None) -> None:
        try:
            done = subprocess.run(
                command,
                input=stdin,
                capture_output=True,
                env={**os.environ, **self._environment},
                timeout=PREPARE_SECONDS,
            )
        except subprocess.TimeoutExpired:
            late = said("the fresh machine: {command}: no end in time", command=command[-1])
            raise LabBroken(late) from None
        if done.returncode != 0:
            stderr = done.stderr.decode(errors="replace").strip()
            raise LabBroken(said("the fresh machine: {command}: {stderr}", command=command[-1], stderr=stderr))


@contextmanager
def machines(image: str, configuration: Configuration, accounts: Sequence[Account]) -> Iterator[dict[Account, Machine]]:
    """A machine for each of the accounts; they and all that they have are removed at the end, whatever happens.

    Raises LabBroken when this host's engine cannot start them, or one cannot be made ready.
    """
    made: dict[Account, Machine] = {}
    try:
        for account in accounts:
            made[account] = Machine(this_host().call(*start_command(image)), configuration.environment)
            made[account].put(configuration.files)
            if account == USER:
                made[account].add_user()
        yield made
    finally:
        if made:
            _remove([each.id for each in made.values()])


def remove_all() -> None:
    """Remove every machine of this checkout, and its volumes. Raises ClientFailed when the engine does not answer."""
    host, chosen = this_host(), ("--filter", f"label={LABEL}")
    if left := host.docker("ps", "--all", "--quiet", "--no-trunc", *chosen).split():
        _remove(left)
    if volumes := host.docker("volume", "ls", "--quiet", *chosen).split():
        host.docker("volume", "rm", "--force", *volumes)


def _remove(identifiers: Sequence[str]) -> None:
    this_host().docker("rm", "--force", "--volumes", *identifiers, timeout=REMOVE_SECONDS)
