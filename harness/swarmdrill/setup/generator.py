"""The generator of the HTML report: Allure from npm, exactly what its lock file says."""

import hashlib
import shutil
from pathlib import Path

from swarmdrill.base import places
from swarmdrill.host.tools import ToolFinding, version_in
from swarmdrill.setup import steps

SOURCE = Path(__file__).parents[1] / "report" / "allure" / "generator"
# Below the state directory.
TARGET = "allure"
STAMP = "stamp"
_FILES = ("package.json", "package-lock.json")
_INSTALL_SECONDS = 600
_ANSWER_SECONDS = 60


def fingerprint(source: Path = SOURCE) -> str:
    """What the installed generator depends on."""
    return hashlib.sha256(b"".join((source / name).read_bytes() for name in _FILES)).hexdigest()


def examine(source: Path = SOURCE, target: Path | None = None) -> ToolFinding:
    """Whether the generator is there and current. The stamp holds its version, as it is slow to ask."""
    target = target or places.state() / TARGET
    stamp = target / STAMP
    if not (target / "node_modules" / ".bin" / "allure").exists() or not stamp.exists():
        return ToolFinding(problem="the Allure generator is not installed")
    version, _, made_from = stamp.read_text(encoding="utf-8").partition(" ")
    if made_from != fingerprint(source):
        return ToolFinding(version, "the Allure generator is older than its lock file")
    return ToolFinding(version)


def install(source: Path = SOURCE, target: Path | None = None) -> None:
    """Install the generator into `target` and run it once. Raises StepFailed."""
    target = target or places.state() / TARGET
    target.mkdir(parents=True, exist_ok=True)
    (target / STAMP).unlink(missing_ok=True)
    for name in _FILES:
        shutil.copyfile(source / name, target / name)
    # The reports need no package's install script, and what is not run cannot go wrong.
    options = ("--prefix", str(target), "--no-audit", "--no-fund", "--ignore-scripts")
    with steps.step("install the Allure generator"):
        steps.run(["npm", "ci", *options], timeout=_INSTALL_SECONDS)
        said = steps.run([str(target / "node_modules" / ".bin" / "allure"), "--version"], timeout=_ANSWER_SECONDS)
    (target / STAMP).write_text(f"{version_in(said) or 'unknown'} {fingerprint(source)}", encoding="utf-8")
