"""The script that gives a node a new engine, run where nothing of this host can be reached: whom does it kill?"""

import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from pretended import ROOT

SCRIPT = ROOT / "harness/swarmdrill/machines/nodes/common/usr/local/sbin/wipe-engine"
# What is not tried here does nothing; there is no engine and no shim to look for.
QUIET = {"systemctl": 0, "pkill": 1, "pgrep": 1, "ip": 0, "umount": 0}
# A node with two control groups of containers: one has a process of the node, and one of another process namespace.
NODE = """
mkdir -p /sys/fs/cgroup/system.slice/docker-a.scope /sys/fs/cgroup/system.slice/docker-b.scope
sleep 60 & contained=$!
sleep 60 & other=$!
printf '0\\n%s\\n' "$contained" > /sys/fs/cgroup/system.slice/docker-a.scope/cgroup.procs
printf '0\\n' > /sys/fs/cgroup/system.slice/docker-b.scope/cgroup.procs
sh /wipe-engine
echo "status $?"
kill -0 $other && echo "other runs"
wait $contained; echo "contained ended with $?"
kill $other
"""


def wiped(script: str, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run the script in namespaces of its own, on directories that are gone afterwards."""
    for name, status in QUIET.items():
        (tmp_path / name).write_text(f"#!/bin/sh\nexit {status}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "wipe-engine").write_text(script, encoding="utf-8")
    fence = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--proc", "/proc", "--dev", "/dev"]
    for path in ("/usr", "/bin", "/lib", "/lib64"):
        fence += ["--ro-bind-try", path, path]
    for path in ("/var", "/run", "/sys", "/etc", "/tmp"):
        fence += ["--tmpfs", path]
    fence += ["--ro-bind", str(tmp_path), "/quiet", "--ro-bind", str(tmp_path / "wipe-engine"), "/wipe-engine"]
    fence += ["--clearenv", "--setenv", "PATH", "/quiet:/usr/bin:/bin"]
    return subprocess.run([*fence, "sh", "-c", NODE], capture_output=True, text=True, timeout=60)


@pytest.fixture(autouse=True)
def fenced(tmp_path: Path) -> None:
    """Only where bubblewrap works: run anywhere else, this script would empty a real engine."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not here; `make setup` installs it where it can")


def test_it_kills_what_is_contained_and_never_itself(tmp_path: Path) -> None:
    done = wiped(SCRIPT.read_text(encoding="utf-8"), tmp_path)
    assert done.stdout.split("\n")[:-1] == [
        "status 0",
        "other runs",
        f"contained ended with {128 + signal.SIGKILL}",
    ], done.stderr


def test_to_kill_process_0_would_be_seen(tmp_path: Path) -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    planted = text.replace('[ "$pid" -le 0 ] || ', "")
    assert planted != text
    assert "status 0" not in wiped(planted, tmp_path).stdout
