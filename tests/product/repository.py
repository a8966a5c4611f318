"""Somebody else's repository with a scenario of its own, in which swarmdrill is installed from a wheel."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from product.checkout import PROVIDER, ROOT, SECONDS

SCENARIOS = '''"""What this team drills."""

from swarmdrill.pytestplugin.markers import scenario
from swarmdrill.swarm.cluster import Cluster


@scenario(id="every-manager-names-a-leader", title="Every manager names a leader")
def test_every_manager_names_a_leader(cluster: Cluster) -> None:
    """All managers of a fresh cluster answer and agree."""
    assert cluster.leader() in cluster.managers


@scenario(id="one-engine-restarts", title="One engine restarts")
def test_one_engine_restarts(cluster: Cluster) -> None:
    """The others go on, and it comes back."""
    follower = cluster.followers()[0]
    follower.stop_docker()
    follower.start_docker()
    cluster.wait_ready()
'''
PLAIN = """def test_of_this_team_that_asks_for_no_lab():
    assert True
"""


def first_scenario() -> str:
    """The file that CONTRIBUTING.md has its reader write: it says that it runs in a repository of theirs as well."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (file,) = re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return file


@dataclass(frozen=True)
class Repository:
    """`root` is its directory, `python` that of its environment."""

    root: Path
    python: Path

    def pytest(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run its tests as its team does."""
        known = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "SWARMDRILL_"))}
        known.pop("PYTHONPATH", None)
        return subprocess.run(
            [str(self.python), "-m", "pytest", f"--provider={PROVIDER}", *arguments],
            cwd=self.root,
            env=known,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=SECONDS,
        )

    def installed(self) -> Path:
        """Where the package is that its Python imports."""
        text = "import swarmdrill; print(swarmdrill.__file__)"
        done = subprocess.check_output([str(self.python), "-c", text], cwd=self.root, text=True)
        return Path(done.strip()).parent


def wheel(directory: Path) -> Path:
    """The wheel of what git knows of this checkout, built from a copy: nothing is written into the checkout."""
    source, out = directory / "source", directory / "dist"
    for name in subprocess.check_output(["git", "ls-files", "-z"], cwd=ROOT, text=True).split("\0")[:-1]:
        if (ROOT / name).exists():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, source / name)
    out.mkdir()
    build = f"from setuptools import build_meta; print(build_meta.build_wheel({str(out)!r}))"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True, timeout=300)
    (made,) = out.glob("*.whl")
    return made


def make(directory: Path) -> Repository:
    """Make the repository, and an environment for it that has the wheel.

    What the wheel depends on is that of this checkout's environment, as it is in the lock, and not fetched again.
    """
    root, environment = directory / "their repository", directory / "venv"
    (root / "drills").mkdir(parents=True)
    (root / "drills" / "test_backup.py").write_text(SCENARIOS, encoding="utf-8")
    (root / "drills" / "test_later_config.py").write_text(first_scenario(), encoding="utf-8")
    (root / "test_plain.py").write_text(PLAIN, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True, timeout=120)
    python = environment / "bin" / "python"
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel(directory))],
        check=True,
        timeout=120,
    )
    site = next((environment / "lib").glob("python*/site-packages"))
    # After the environment's own packages: the wheel's swarmdrill is found first, and the checkout's never.
    (site / "dependencies.pth").write_text(f"{sysconfig.get_path('purelib')}\n", encoding="utf-8")
    return Repository(root, python)
