"""The root file systems' build: what mmdebstrap is told, wherever the checkout and the temporary directory are."""

import os
import shlex
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from swarmdrill.base.errors import UsageProblem
from swarmdrill.host import tools
from swarmdrill.machines.build import box, releases, rootfs, sandbox
from swarmdrill.machines.containers import image

RELEASE = releases.release("26.1.5")
RECIPE = rootfs.Recipe(("curl",), overlays=("common",), hooks=("machine-build",))


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words of the build's command, filled by a build whose every path has a blank, quotes and an umlaut."""
    awkward = tmp_path / 'Jürgen\'s "own" disk'
    awkward.mkdir()
    checkout = awkward / "nodes"
    shutil.copytree(rootfs.NODES, checkout)
    words: list[str] = []

    def run(command: Sequence[str]) -> None:
        words.extend(command)

    monkeypatch.setattr(rootfs, "NODES", checkout)
    monkeypatch.setattr(rootfs, "archive", list)
    monkeypatch.setattr(shutil, "which", lambda program: f"/bin/{program}")
    monkeypatch.setattr(sandbox, "work", lambda: awkward / "build")
    monkeypatch.setattr(sandbox, "run", run)
    keyring = awkward / "keyring.gpg"
    keyring.touch()
    monkeypatch.setattr(tools, "DEBIAN_KEYRING", keyring)
    return words


def hooks(words: Sequence[str]) -> list[str]:
    return [word.removeprefix("--customize-hook=") for word in words if word.startswith("--customize-hook=")]


def test_mmdebstrap_finds_the_overlay_whatever_its_path_holds(asked: list[str], tmp_path: Path) -> None:
    rootfs.bootstrap(RELEASE, RECIPE, tmp_path / "root.tar")
    # Perl's shellwords, by which mmdebstrap splits its own hooks, is shlex here.
    verb, overlay, inside = shlex.split(hooks(asked)[0])
    assert (verb, inside) == ("sync-in", "/")
    assert sorted(path.name for path in Path(overlay).rglob("sbin/*")) == ["load-workload", "wipe-engine"]


def test_mmdebstrap_is_given_the_program_itself(asked: list[str], tmp_path: Path) -> None:
    rootfs.bootstrap(RELEASE, RECIPE, tmp_path / "root.tar")
    assert os.access(hooks(asked)[1], os.X_OK)
    assert (Path(hooks(asked)[1]).parent / "machine-init").exists(), "it reads what lies beside it"


def test_packages_are_believed_by_debians_keys_alone(asked: list[str], tmp_path: Path) -> None:
    rootfs.bootstrap(RELEASE, RECIPE, tmp_path / "root.tar")
    assert [word for word in asked if "keyring" in word] == [f"--keyring={tools.DEBIAN_KEYRING}"]


def test_without_debians_keys_nothing_is_built(asked: list[str], tmp_path: Path) -> None:
    """mmdebstrap by itself would take the keys that this host's apt trusts, whosever they are."""
    tools.DEBIAN_KEYRING.unlink()
    with pytest.raises(UsageProblem, match=r"keyring\.gpg is missing, so Debian's packages cannot be verified"):
        rootfs.bootstrap(RELEASE, RECIPE, tmp_path / "root.tar")
    assert asked == [], "mmdebstrap was run all the same"


def test_what_a_procedure_may_call_is_on_nodes_of_both_kinds() -> None:
    for recipe in (box._recipe(RELEASE), image._recipe(RELEASE)):
        assert set(rootfs.TOOLS) <= set(recipe.packages)


def test_another_user_can_read_all_of_it_in_spite_of_the_umask(asked: list[str], tmp_path: Path) -> None:
    """Without root, mmdebstrap runs the hooks as another user, who may not enter a closed home."""
    for path in (rootfs.NODES, *rootfs.NODES.rglob("*")):
        path.chmod(path.stat().st_mode & 0o700)
    rootfs.bootstrap(RELEASE, RECIPE, tmp_path / "root.tar")
    copied = Path(hooks(asked)[1]).parent
    assert rootfs.NODES.parent.joinpath("build") in copied.parents
    modes = {path.relative_to(copied).as_posix(): path.stat().st_mode & 0o777 for path in copied.rglob("*")}
    assert modes["machine-build"] == modes["common/usr"] == 0o755
    assert modes["engines.toml"] == 0o644


def test_the_umask_of_a_checkout_makes_no_other_image(asked: list[str]) -> None:
    open_to_all = rootfs.digest(RELEASE, RECIPE)
    for path in rootfs.NODES.rglob("*"):
        path.chmod(path.stat().st_mode & 0o700)
    assert rootfs.digest(RELEASE, RECIPE) == open_to_all
