"""Root file systems from Debian packages: of the machines, and of the workload that they bring along."""

import hashlib
import json
import shlex
import shutil
import tarfile
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from swarmdrill.base import programs
from swarmdrill.base.directories import own_directory
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.settings import how_to
from swarmdrill.host import tools
from swarmdrill.machines.build import sandbox
from swarmdrill.machines.build.releases import EngineRelease

NODES = Path(__file__).parents[1] / "nodes"
WORKLOAD = "nginx:latest"
# What a user's own procedure finds on every node (docs/machines.md), beside what every Debian has: bash, tar, gzip,
# flock, sha256sum.
TOOLS = ("curl", "gpg", "gpg-agent", "jq", "openssh-client", "openssl", "python3", "rsync", "sudo", "zstd")
# What a node of any kind is made from, beside its engine.
NODE_PACKAGES = (
    *("ca-certificates", "init-system-helpers", "iproute2", "iptables", "openssh-server", "procps", "systemd-sysv"),
    *TOOLS,
)
CACHES = ("var/cache/*", "var/lib/apt/lists", "var/log/*.log")


@dataclass(frozen=True)
class Recipe:
    """What goes into a root file system: Debian packages, directories of `nodes/` over them, its programs run last."""

    packages: tuple[str, ...]
    overlays: tuple[str, ...]
    hooks: tuple[str, ...] = ()


_WORKLOAD = Recipe(packages=("curl", "nginx-light"), overlays=("workload",), hooks=("workload-build",))


def digest(release: EngineRelease, recipe: Recipe, sources: Iterable[Path] = ()) -> str:
    """Twelve hex digits that change whenever anything does that goes into a machine made by these."""
    total = hashlib.sha256()
    for part in (release, recipe, _WORKLOAD, CACHES):
        total.update(repr(part).encode())
    both = (recipe, _WORKLOAD)
    overlays = (path for part in both for name in part.overlays for path in (NODES / name).rglob("*"))
    hooks = (NODES / hook for part in both for hook in part.hooks)
    for path in sorted((*overlays, *hooks, *sources, Path(__file__))):
        if path.is_file():
            total.update(f"{path.name} {path.stat().st_mode & 0o100}\n".encode())
            total.update(path.read_bytes())
    return total.hexdigest()[:12]


def bootstrap(release: EngineRelease, recipe: Recipe, target: Path) -> None:
    """Make the root file system `target`, a tar, from the suite of the engine.

    Takes about 20 s with warm package mirrors. Raises UsageProblem when mmdebstrap or the keys of Debian's archive are
    missing, LabBroken with the end of what it said when it fails.
    """
    if shutil.which("mmdebstrap") is None:
        raise UsageProblem(
            said(
                "mmdebstrap is missing, and the machines' root file system is not built: run `{setup}`",
                setup=how_to("setup"),
            )
        )
    keyring = trusted_keys()
    own_directory(sandbox.work(), 0o755)
    nodes = _readable_nodes()
    sandbox.run(
        [
            *("env", f"TMPDIR={sandbox.work()}"),
            "mmdebstrap",
            "--quiet",
            "--variant=minbase",
            f"--include={','.join(recipe.packages)}",
            '--aptopt=Apt::Install-Recommends "false"',
            "--dpkgopt=path-exclude=/usr/share/man/*",
            "--dpkgopt=path-exclude=/usr/share/locale/*",
            "--dpkgopt=path-exclude=/usr/share/doc/*",
            # mmdebstrap splits the words of this hook as a shell does, and takes the other kind for a program's path.
            *(f"--customize-hook=sync-in {shlex.quote(str(nodes / name))} /" for name in recipe.overlays),
            *(f"--customize-hook={nodes / hook}" for hook in recipe.hooks),
            "--customize-hook=rm -rf " + " ".join(f'"$1"/{path}' for path in CACHES),
            f"--keyring={keyring}",
            *(['--aptopt=Acquire::Check-Valid-Until "false"'] if release.expired_release_ok else []),
            release.suite,
            str(target),
            *archive(),
        ]
    )


def _readable_nodes() -> Path:
    """A copy of `nodes/` that everybody may read, in the directory that mmdebstrap works in.

    Without root, mmdebstrap is another user, who may not enter every home directory. And the umask with which somebody
    checked this project out must not be seen in a machine.
    """
    copied = Path(tempfile.mkdtemp(prefix="nodes-", dir=sandbox.work()))
    shutil.copytree(NODES, copied, dirs_exist_ok=True)
    for path in (copied, *copied.rglob("*")):
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    return copied


def machine(release: EngineRelease, recipe: Recipe, scratch: Path) -> Path:
    """A machine's root file system with the workload in it, as a tar in `scratch`. Raises as `bootstrap` does."""
    made = scratch / "node.tar"
    with ThreadPoolExecutor() as pool:
        bootstrapped = pool.submit(bootstrap, release, recipe, made)
        workload = pool.submit(workload_archive, release, scratch)
    bootstrapped.result()
    with tarfile.open(made, "a") as root:
        root.add(workload.result(), arcname="./usr/share/swarmdrill/workload.tar")
    return made


def workload_archive(release: EngineRelease, scratch: Path) -> Path:
    """An nginx with curl in it, as the archive that `docker load` reads; made without an engine.

    It comes from the suite of the engine, so that its C library never asks for system calls that an old
    engine's seccomp profile refuses (clone3 before 20.10.10, moby#42680). The format is that of `docker save`
    (moby, image/spec/v1.2.md: "Combined Image JSON + Filesystem Changeset Format").
    """
    layer, archive = scratch / "workload-layer.tar", scratch / "workload.tar"
    bootstrap(release, _WORKLOAD, layer)
    with layer.open("rb") as file:
        layer_id = hashlib.file_digest(file, "sha256").hexdigest()
    config = json.dumps(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Cmd": ["nginx", "-g", "daemon off;"], "ExposedPorts": {"80/tcp": {}}},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_id}"]},
            "history": [{"created": "1970-01-01T00:00:00Z", "created_by": f"mmdebstrap {release.suite}"}],
            "created": "1970-01-01T00:00:00Z",
        }
    ).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": config_name, "RepoTags": [WORKLOAD], "Layers": [f"{layer_id}/layer.tar"]}]
    with tarfile.open(archive, "w") as tar:
        tar.add(layer, arcname=f"{layer_id}/layer.tar")
        _add(tar, f"{layer_id}/VERSION", b"1.0")
        _add(tar, f"{layer_id}/json", json.dumps({"id": layer_id}).encode())
        _add(tar, config_name, config)
        _add(tar, "manifest.json", json.dumps(manifest).encode())
    return archive


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, BytesIO(content))


def trusted_keys() -> Path:
    """The keys of Debian's archive, and nobody else's. Raises UsageProblem where they are missing."""
    if not tools.DEBIAN_KEYRING.exists():  # without it, mmdebstrap would believe whatever this host's apt believes
        raise UsageProblem(
            said(
                "{keyring} is missing, so Debian's packages cannot be verified: run `{setup}`",
                keyring=tools.DEBIAN_KEYRING,
                setup=how_to("setup"),
            )
        )
    return tools.DEBIAN_KEYRING


def archive() -> list[str]:
    """The Debian archive this machine is configured with, or nothing: mmdebstrap then uses its own default."""
    columns = "$(ORIGIN) $(LABEL) $(REPO_URI)"
    targets = programs.run(["apt-get", "indextargets", "--format", columns, "Created-By: Packages"], timeout=60)
    for line in targets.stdout.splitlines():
        origin, label, uri = line.split(" ", 2)
        if origin == label == "Debian":
            return [uri]
    return []
