"""`make lock` runs a uv whose content is the one that is pinned, and no other."""

import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest

from pretended import ROOT

PINNED = re.search(r"^uv==(\S+)", (ROOT / "requirements-uv.lock").read_text(encoding="utf-8"), re.MULTILINE)[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What `make lock` reads, with set-up's part left out."""
    place = tmp_path / "checkout"
    place.mkdir()
    for name in ("Makefile", "requirements-uv.lock", "pyproject.toml"):
        shutil.copy(ROOT / name, place)
    return place


@pytest.fixture
def exchanged(tmp_path: Path) -> Path:
    """A uv of the same name and version, that somebody else made: it leaves a trace where it is run."""
    wheel = tmp_path / "index" / f"uv-{PINNED}-py3-none-any.whl"
    wheel.parent.mkdir()
    info = f"uv-{PINNED}.dist-info"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("uvs_trace.py", "def main():\n    open('ran', 'w').close()\n")
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: uv\nVersion: {PINNED}\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/entry_points.txt", "[console_scripts]\nuv = uvs_trace:main\n")
        made.writestr(f"{info}/RECORD", "")
    return wheel


def lock(checkout: Path, index: Path) -> subprocess.CompletedProcess[str]:
    """`make lock`, where pip finds the wheels of `index` and no others."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PIP_", "MAKE"))}
    pip = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(index)}
    return subprocess.run(["make", "lock"], cwd=checkout, env=clean | pip, capture_output=True, text=True, timeout=120)


def test_a_uv_of_another_content_is_not_run(checkout: Path, exchanged: Path) -> None:
    done = lock(checkout, exchanged.parent)
    assert done.returncode != 0
    assert "DO NOT MATCH THE HASHES" in done.stderr
    assert not (checkout / "ran").exists()


def test_it_is_run_where_its_content_is_pinned(checkout: Path, exchanged: Path) -> None:
    """So that what the test above sees is the hash, and nothing else that is wrong with that wheel."""
    digest = hashlib.sha256(exchanged.read_bytes()).hexdigest()
    (checkout / "requirements-uv.lock").write_text(f"uv=={PINNED} --hash=sha256:{digest}\n", encoding="utf-8")
    done = lock(checkout, exchanged.parent)
    assert (done.returncode, (checkout / "ran").exists()) == (0, True), done.stderr
