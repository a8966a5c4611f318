"""The catalogue of boxes, and what is not taken for a box."""

import json
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from swarmdrill.base import places
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.machines.build import box, releases, rootfs, sandbox
from swarmdrill.machines.build.box import Box

RELEASE = releases.release("26.1.5")


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Box:
    """A box whose content stands for a real one."""
    monkeypatch.setenv(places.STATE_VARIABLE, str(tmp_path))
    monkeypatch.setattr(sandbox, "work", lambda: tmp_path / "work")
    monkeypatch.setattr(box, "_build", pretended)
    return box.ensure(RELEASE)


def pretended(release: releases.EngineRelease, scratch: Path) -> None:
    """What a build leaves, without building."""
    for name in ("swarmdrill.box", "box.img", "vmlinuz", "initrd"):
        (scratch / name).write_text(f"content of {name}")
    sums = {path.name: {"size": path.stat().st_size, "sha256": box._sum(path)} for path in scratch.iterdir()}
    (scratch / box.CONTENT).write_text(json.dumps({"engine": release.version, "files": sums}))


def test_the_version_says_engine_and_content(built: Box) -> None:
    engine, _, content = built.version.rpartition(".")
    assert engine == "26.1.5"
    assert content.isdigit(), "Vagrant compares versions number by number"


def test_the_catalogue_has_version_file_and_checksum(built: Box) -> None:
    entry = json.loads(box.catalogue().read_text())
    assert entry["name"] == "swarmdrill/node"
    (version,) = entry["versions"]
    assert version["version"] == built.version
    (provider,) = version["providers"]
    assert provider["name"] == "libvirt"
    assert provider["checksum_type"] == "sha256"
    assert provider["checksum"] == box._sum(built.file)
    assert provider["url"] == built.file.as_uri()


def test_it_is_built_once(built: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box, "_build", lambda *_: pytest.fail("built twice"))
    assert box.ensure(RELEASE) == built


@pytest.mark.parametrize("damage", ["cut off", "without its list", "a file missing"])
def test_a_half_written_box_is_built_again(built: Box, damage: str) -> None:
    if damage == "cut off":
        built.part("box.img").write_text("content")
    elif damage == "a file missing":
        built.part("initrd").unlink()
    else:
        (built.directory / box.CONTENT).unlink()
    assert not built.complete()
    assert box.ensure(RELEASE).complete()


def test_a_build_that_was_cut_off_leaves_nothing(built: Box) -> None:
    """Neither in its scratch directory nor in mmdebstrap's."""
    (sandbox.building() / "scratch" / "root").mkdir(parents=True)
    sandbox.work().mkdir()
    sandbox.tidy()
    assert list(sandbox.building().iterdir()) == []
    assert not sandbox.work().exists()
    box.ensure(RELEASE)
    assert sorted(path.name for path in places.boxes().iterdir()) == [built.version, "metadata.json"]


def test_a_build_that_goes_on_is_left_alone(built: Box) -> None:
    with sandbox.turn() as scratch:
        (scratch / "half").touch()
        sandbox.tidy()
        assert (scratch / "half").exists()


def test_damage_of_the_same_size_is_noticed_before_it_is_handed_over(built: Box) -> None:
    built.require_intact("vmlinuz")
    built.part("vmlinuz").write_text("CONTENT of vmlinuz")
    assert built.complete()
    with pytest.raises(LabBroken, match="vmlinuz is damaged: remove"):
        built.require_intact("vmlinuz")


def test_another_engine_is_another_box(built: Box) -> None:
    other = box.ensure(releases.release("20.10.24"))
    assert other.directory != built.directory
    versions = [version["version"] for version in json.loads(box.catalogue().read_text())["versions"]]
    assert sorted(versions) == sorted([built.version, other.version])


def test_a_box_of_another_engine_in_its_place_is_refused(built: Box) -> None:
    other = box.box(releases.release("20.10.24"))
    shutil.copytree(built.directory, other.directory)
    with pytest.raises(UsageProblem, match=f"{other.directory} is a box with Docker 26.1.5, not 20.10.24: remove it"):
        box.ensure(releases.release("20.10.24"))


def test_the_disk_is_made_in_a_directory_of_any_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the shell would read it as part of its command, the disk would be made somewhere else."""

    class Reached(Exception):
        """The build has come as far as this test looks."""

    def machine(release: releases.EngineRelease, recipe: rootfs.Recipe, scratch: Path) -> Path:
        with tarfile.open(scratch / "node.tar", "w") as root:
            for name in ("vmlinuz", "initrd"):
                (scratch / name).touch()
                root.add(scratch / name, arcname=f"./boot/{name}")
        return scratch / "node.tar"

    def run(command: Sequence[str]) -> None:
        asked.extend(command)
        raise Reached

    asked: list[str] = []
    monkeypatch.setattr(rootfs, "machine", machine)
    monkeypatch.setattr(sandbox, "run", run)
    scratch = tmp_path / "Jürgen's scratch"
    scratch.mkdir()
    with pytest.raises(Reached):
        box._build(RELEASE, scratch)
    assert asked[-1] == str(scratch)
    assert not any(scratch.name in word for word in asked[:-1])


def test_whatever_goes_into_it_changes_its_name(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_text("one")
    recipe = rootfs.Recipe(("systemd",), overlays=("machine",))
    digests = {rootfs.digest(RELEASE, recipe, [source])}
    source.write_text("two")
    digests.add(rootfs.digest(RELEASE, recipe, [source]))
    digests.add(rootfs.digest(RELEASE, rootfs.Recipe(("systemd", "dbus"), overlays=("machine",)), [source]))
    digests.add(rootfs.digest(releases.release("28.5.2"), recipe, [source]))
    assert len(digests) == 4
