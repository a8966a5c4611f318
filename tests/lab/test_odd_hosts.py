"""Hosts that are not as one expects: Docker starts late, there is no IPv6, paths have blanks, quotes, other letters.

All of it is real: namespaces of this host with a dockerd, a network and a /run of their own.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from product.checkout import ROOT
from swarmdrill.host.host import this_host
from swarmdrill.machines.build.releases import release
from swarmdrill.machines.containers import image

ENGINE = "26.1.5"
LATE = 8
ODD = "a \"state\" of 'é', 100 %, " + 40 * "long "
# $1 is a directory for the engine, $2 the image of a node, $3 an odd directory, the rest is run. dockerd is there, and
# stopped for some seconds, as one that is still starting: its process runs, and nobody listens.
HOST = f"""
set -eu
engine=$1 image=$2 odd=$3; shift 3
mount -t tmpfs tmpfs /run
mount --bind "$engine" /var/lib/docker
ip link set lo up
for each in all default lo; do echo 1 > /proc/sys/net/ipv6/conf/$each/disable_ipv6; done
# Groups of its own: what is left in those of this host's engine, other tests look for.
dockerd --cgroup-parent=/swarmdrill-odd > "$engine.log" 2>&1 & dockerd=$!
until [ "$(cat /proc/$dockerd/comm)" = dockerd ]; do :; done
kill -STOP $dockerd
{{ sleep {LATE}; kill -CONT $dockerd; }} &
trap 'kill $dockerd; wait $dockerd || :; find /sys/fs/cgroup -maxdepth 2 -name swarmdrill-odd -delete' EXIT
PYTHONPATH=harness {sys.executable} -m swarmdrill.setup
[ ! -e /proc/net/if_inet6 ] || [ ! -s /proc/net/if_inet6 ]
docker load --quiet --input "$image"
export TMPDIR="$odd/tmp" SWARMDRILL_STATE_DIR="$odd/state"
"$@"
"""
DRILL = """
swarmdrill up
swarmdrill status
swarmdrill ssh manager1 -- hostname
swarmdrill down
swarmdrill drill -k full_flow -q --reports-dir="$TMPDIR/../reports"
"""


def host(tmp_path: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """Run the command on such a host."""
    odd = tmp_path / ODD
    for path in (tmp_path / "engine", odd / "tmp"):
        path.mkdir(parents=True)
    saved = tmp_path / "node.tar"
    tag = image.ensure(release(ENGINE), this_host())
    subprocess.run(["docker", "save", "--output", saved, tag], check=True)
    fence = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--net"]
    variables = {k: v for k, v in os.environ.items() if not k.startswith("SWARMDRILL_") and k != "DOCKER_HOST"}
    variables["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{variables['PATH']}"
    try:
        return subprocess.run(
            [*fence, "sh", "-c", HOST, "sh", str(tmp_path / "engine"), str(saved), str(odd), *command],
            cwd=ROOT,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=400,
        )
    finally:
        shutil.rmtree(tmp_path / "engine", ignore_errors=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="namespaces with an engine of their own need root")
def test_a_drill_on_an_odd_host(tmp_path: Path) -> None:
    done = host(tmp_path, "sh", "-euc", DRILL)
    assert done.returncode == 0, done.stdout
    assert "✓ wait for the Docker Engine to answer" in done.stdout
    assert "manager1 says leader" in done.stdout
    assert "1 passed" in done.stdout
    assert list((tmp_path / ODD / "reports" / "results").glob("*.json"))
    # Of pytest itself, which keeps what its last sessions had.
    assert {path.name for path in (tmp_path / ODD / "tmp").iterdir()} <= {"pytest-of-root"}
