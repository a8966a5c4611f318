"""Build the container image of a node from Debian packages, once per content."""

import fcntl
import hashlib
import os
import shlex
import shutil
import subprocess
import tarfile
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness import trace
from harness.config import ROOT, STATE_DIR
from harness.errors import LabBroken, UsageProblem
from harness.provider.engines import EngineRelease

NODES = ROOT / "nodes"
LABEL = "swarmdrill.image"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

NODE_PACKAGES = (
    "ca-certificates",
    "curl",
    "iproute2",
    "iptables",
    "openssh-server",
    "procps",
)
CACHES = ("var/cache/*", "var/lib/apt/lists", "var/log/*.log")
WORKLOAD_PACKAGES = ("curl", "nginx-light")
# What a web server in a container never reads; every machine unpacks the rest of it at every boot.
WORKLOAD_NEEDLESS = (
    "usr/bin/perl*",
    "usr/bin/sqv",
    "usr/lib/*/gconv",
    "usr/lib/*/perl*",
    "usr/lib/apt",
    "usr/lib/*/libapt*",
    "usr/share/bash-completion",
    "usr/share/info",
    "usr/share/perl*",
    "usr/share/zoneinfo",
    "var/lib/dpkg",
)
BUILD_SECONDS = 900


def tag(release: EngineRelease) -> str:
    """Name of the node image for `release`; it changes whenever anything that goes into it does."""
    digest = hashlib.sha256()
    for part in (release, NODE_PACKAGES, WORKLOAD_PACKAGES, WORKLOAD_NEEDLESS, CACHES):
        digest.update(repr(part).encode())
    for path in sorted((*NODES.rglob("*"), Path(__file__))):
        if path.is_file() and path.name != "engines.toml":
            digest.update(f"{path.name} {path.stat().st_mode & 0o111}\n".encode())
            digest.update(path.read_bytes())
    return f"swarmdrill/node:{release.version}-{digest.hexdigest()[:12]}"


def ensure(release: EngineRelease) -> str:
    """Return the tag of the node image, building it first where this host has none of that content.

    Takes about 40 s with warm package mirrors. Raises UsageProblem when a tool is missing, LabBroken
    with the last lines of the build when it fails.
    """
    name = tag(release)
    STATE_DIR.mkdir(exist_ok=True)
    with (STATE_DIR / "image.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process may be building it: then it is there in a minute
        return _ensure(release, name)


def _ensure(release: EngineRelease, name: str) -> str:
    found = subprocess.run(["docker", "image", "inspect", name], capture_output=True, timeout=60, check=False)
    if found.returncode == 0:
        return name
    if shutil.which("mmdebstrap") is None:
        raise UsageProblem("mmdebstrap is missing, and the node image is not built yet: run `make setup`")
    with (
        trace.phase(f"build the node image for Docker {release.version}"),
        tempfile.TemporaryDirectory(prefix="swarmdrill-image-") as scratch,
    ):
        _build(release, name, Path(scratch))
    return name


def _build(release: EngineRelease, name: str, scratch: Path) -> None:
    """Bootstrap both root file systems at the same time, put the workload into the node, and import it.

    The workload is an nginx with curl in it, as a `docker save` archive. It comes from the suite of the
    engine, so that its C library never asks for system calls that an old engine's seccomp profile
    refuses (clone3 before 20.10.10, moby#42680).
    """
    node, workload, archive = scratch / "node.tar", scratch / "workload-root.tar", scratch / "workload.tar"
    with ThreadPoolExecutor() as pool:
        jobs = [
            pool.submit(_bootstrap, release, NODE_PACKAGES + release.packages, NODES / "rootfs", (), node),
            pool.submit(_bootstrap, release, WORKLOAD_PACKAGES, NODES / "workload", WORKLOAD_NEEDLESS, workload),
        ]
    for job in jobs:
        job.result()
    temporary = f"swarmdrill/workload:{scratch.name}"
    _import(workload, temporary, 'CMD ["nginx", "-g", "daemon off;"]', "EXPOSE 80", f"LABEL {LABEL}=workload")
    try:
        _run(["docker", "save", "--output", str(archive), temporary])
    finally:
        _run(["docker", "image", "rm", temporary])
    with tarfile.open(node, "a") as root:
        root.add(archive, arcname="./usr/share/swarmdrill/workload.tar")
    _import(node, name, 'CMD ["/usr/local/sbin/node-init"]', f"LABEL {LABEL}=node")


def _bootstrap(
    release: EngineRelease, packages: tuple[str, ...], overlay: Path, needless: tuple[str, ...], target: Path
) -> None:
    """Make the root file system `target` (a tar) of a suite with `packages`, `overlay` on it, without `needless`."""
    command = [
        "mmdebstrap",
        "--quiet",
        "--variant=minbase",
        f"--include={','.join(packages)}",
        '--aptopt=Apt::Install-Recommends "false"',
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        f"--customize-hook=sync-in {overlay} /",
        "--customize-hook=rm -rf " + " ".join(f'"$1"/{path}' for path in (*CACHES, *needless)),
        *([f"--keyring={KEYRING}"] if KEYRING.exists() else []),
        *(['--aptopt=Acquire::Check-Valid-Until "false"'] if release.expired_release_ok else []),
        release.suite,
        str(target),
        *_mirror(),
    ]
    _run(command)


def _import(root: Path, name: str, *changes: str) -> None:
    _run(["docker", "import", *(f"--change={change}" for change in changes), str(root), name])


def _mirror() -> list[str]:
    """The Debian archive this machine is configured with, or nothing: mmdebstrap then uses its own default."""
    targets = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(ORIGIN) $(LABEL) $(REPO_URI)", "Created-By: Packages"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    for line in targets.stdout.splitlines():
        origin, label, uri = line.split(" ", 2)
        if origin == label == "Debian":
            return [uri]
    return []


def _run(command: list[str]) -> None:
    """Run a build command. Raises LabBroken with the command and the end of what it said."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False, env=environment
        )
    except subprocess.TimeoutExpired:
        raise LabBroken(f"no end after {BUILD_SECONDS} s: {shlex.join(command)}") from None
    if done.returncode != 0:
        tail = "\n".join(done.stderr.splitlines()[-15:])
        raise LabBroken(f"exit status {done.returncode} from: {shlex.join(command)}\n{tail}")
