"""The wheel of this checkout, and where it is installed."""

import shutil
import sys
import venv
from pathlib import Path

import pytest

from builds import Installed, build, commit, well
from pretended import ROOT


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone without tags in a path with a blank, in which is committed what is not committed here."""
    clone = tmp_path_factory.mktemp("clone") / "a clone"
    well("git", "clone", "--quiet", "--no-tags", str(ROOT), str(clone), cwd=clone.parent)
    for name in well("git", "ls-files", "-z", cwd=clone).split("\0")[:-1]:
        (clone / name).unlink()
    for name in well("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).split("\0")[:-1]:
        if (ROOT / name).exists():
            (clone / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, clone / name)
    commit(clone, "what is not committed yet")
    return clone


@pytest.fixture(scope="session")
def wheel(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of the clone."""
    return build("wheel", clone, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Installed without dependencies: those of the lock are found where they are, which needs no network."""
    place = tmp_path_factory.mktemp("installed") / "of somebody"
    venv.create(place / "venv", with_pip=False)
    python = place / "venv" / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps")
    well(*pip, wheel, cwd=wheel.parent)
    packages = Path(well(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=place).strip())
    (packages / "lock.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n", encoding="utf-8")
    (place / "empty").mkdir()
    return Installed(python, place / "empty")
