"""What is removed is provably a lab's: a directory that agrees with the label, of this user, reached by no link."""

import json
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from swarmdrill.base import directories
from swarmdrill.base.errors import LabBroken
from swarmdrill.machines import ownership
from swarmdrill.machines.lab import Lab

NOBODY = 65534


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """A lab with a plan and with something in it, as a run that was killed leaves it."""
    found = Lab(tmp_path / "state" / "labs" / "run-7-c0ffee")
    with found.lock():
        found.directory.mkdir()
        found.plan_file.write_text(json.dumps({"id": found.id}), encoding="utf-8")
        (found.directory / "ssh").mkdir()
        (found.directory / "ssh" / "manager1").touch()
    found.lock_file.touch()
    return found


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A directory of the user's, which no label may delete."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("years")
    return tmp_path / "data"


def doubt(lab: Lab) -> str:
    return ownership.doubt(lab.id, str(lab.directory))


class TestProof:
    def test_a_lab_is_one(self, lab: Lab) -> None:
        assert doubt(lab) == ""

    def test_it_is_deleted_whole_and_alone(self, lab: Lab, data: Path) -> None:
        (lab.directory / "a link").symlink_to(data)
        (lab.directory / "ssh" / "another").symlink_to(data)
        ownership.delete(lab.id, lab.directory)
        assert not lab.directory.exists()
        assert (data / "thesis.txt").exists(), "a link in a lab is removed, not what it names"
        ownership.delete(lab.id, lab.directory)

    @pytest.mark.parametrize("plan", [None, "", '{"id": "run-', "\udcff"])
    def test_one_that_was_cut_off_while_it_was_made_is_proven_by_its_lock(self, lab: Lab, plan: str | None) -> None:
        lab.plan_file.unlink()
        if plan is not None:
            lab.plan_file.write_text(plan, errors="surrogateescape")
        assert doubt(lab) == ""
        lab.lock_file.unlink()
        assert doubt(lab) == f"{lab.directory} has neither a plan nor a lock beside it"

    def test_or_by_having_nothing_in_it(self, lab: Lab) -> None:
        shutil.rmtree(lab.directory)
        lab.directory.mkdir()
        lab.lock_file.unlink()
        assert doubt(lab) == ""

    def test_one_whose_directory_is_gone_is_proven_by_the_directory_of_labs(self, lab: Lab) -> None:
        ownership.delete(lab.id, lab.directory)
        assert doubt(lab) == ""
        shutil.rmtree(lab.directory.parent)
        assert doubt(lab) == f"{lab.directory.parent} does not exist here"


class TestLabels:
    """What a label may say instead."""

    @pytest.mark.parametrize("lab_id", ["xyz", "data-12345678", "data"])
    def test_any_directory(self, data: Path, lab_id: str) -> None:
        assert ownership.doubt(lab_id, str(data)) == f"{data.parent} is no directory of labs"

    @pytest.mark.parametrize(
        "spelled",
        ["", "labs", "/", "//{labs}/run-7-c0ffee", "{labs}/../labs/run-7-c0ffee", "{labs}/./run-7-c0ffee", "{labs}/.."],
    )
    def test_a_path_that_is_not_plain(self, lab: Lab, spelled: str) -> None:
        path = spelled.format(labs=lab.directory.parent)
        assert ownership.doubt(lab.id, path) == "that is no absolute path in its plain form"

    @pytest.mark.parametrize("character", ["\n", "\0", "\x1b"])
    def test_a_path_that_a_terminal_would_not_show(self, lab: Lab, character: str) -> None:
        assert "cannot be shown" in ownership.doubt(lab.id, f"{lab.directory}{character}")

    def test_a_link_to_a_lab(self, lab: Lab, tmp_path: Path) -> None:
        link = lab.directory.with_name("link")
        link.symlink_to(lab.directory)
        assert ownership.doubt(ownership.lab_id(link), str(link)) == f"{link}: is a link"
        beyond = tmp_path / "beyond"
        beyond.symlink_to(tmp_path / "state")
        path = beyond / "labs" / lab.directory.name
        assert ownership.doubt(ownership.lab_id(path), str(path)) == f"{beyond}: is a link"

    def test_another_lab_and_another_directory_of_the_same_labs(self, lab: Lab) -> None:
        assert ownership.doubt("xyz", str(lab.directory)) == f"the lab there is {lab.id!r}"
        other = Lab(lab.directory.with_name("precious"))
        other.directory.mkdir()
        (other.directory / "thesis.txt").touch()
        assert doubt(other) == f"{other.directory} has neither a plan nor a lock beside it"

    @pytest.mark.parametrize(
        ("plan", "named"), [({"id": "run-8-12345678"}, "'run-8-12345678'"), ({}, "'None'"), ([], "'None'")]
    )
    def test_a_directory_with_a_plan_of_another(self, lab: Lab, plan: object, named: str) -> None:
        lab.plan_file.write_text(json.dumps(plan), encoding="utf-8")
        assert doubt(lab) == f"{lab.plan_file} is the plan of {named}"

    def test_a_lab_of_another_user(self, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(directories.pwd, "getpwuid", {os.getuid(): SimpleNamespace(pw_name="somebody")}.__getitem__)
        with monkeypatch.context() as another:
            another.setattr(os, "geteuid", lambda: NOBODY - 1)
            assert doubt(lab) == f"{lab.directory} belongs to somebody"
        assert doubt(lab) == ""

    def test_a_file(self, lab: Lab) -> None:
        file = lab.directory.with_name("file")
        file.touch()
        assert ownership.doubt(ownership.lab_id(file), str(file)) == f"{file}: Not a directory"

    def test_one_whose_directory_is_gone_from_another_user_s_labs(
        self, lab: Lab, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Only the directory of labs is there to say whose it was."""
        ownership.delete(lab.id, lab.directory)
        monkeypatch.setattr(ownership, "owner", lambda user: "somebody" if user == os.getuid() else "another")
        with monkeypatch.context() as another:
            another.setattr(os, "geteuid", lambda: NOBODY - 1)
            assert doubt(lab) == f"{lab.directory.parent} belongs to somebody"
        assert doubt(lab) == ""

    def test_a_lab_below_which_something_is_mounted(
        self, lab: Lab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(directories, "MOUNTS", tmp_path / "mounts")
        (tmp_path / "mounts").write_text(f"/dev/vdb1 {lab.directory}/ssh ext4 rw 0 0\n")
        assert doubt(lab) == f"something is mounted below {lab.directory}"
        with pytest.raises(LabBroken, match="something is mounted below"):
            ownership.delete(lab.id, lab.directory)
        assert (lab.directory / "ssh" / "manager1").exists()

    def test_the_same_path_in_another_container_is_another_lab(self, lab: Lab) -> None:
        """What is found at the path here has another number than where the label comes from."""
        theirs = lab.id
        (lab.directory.parent / ownership.NUMBER).unlink()
        ownership.settle(lab.directory.parent)
        assert lab.id != theirs
        assert ownership.doubt(theirs, str(lab.directory)) == f"the lab there is {lab.id!r}"


class TestDeletion:
    @pytest.mark.parametrize("swap", ["a link", "a directory"])
    def test_what_is_put_in_its_place_meanwhile_stays(
        self, lab: Lab, data: Path, monkeypatch: pytest.MonkeyPatch, swap: str
    ) -> None:
        """Between the proof and the removal: what is emptied is what was proven."""
        real = ownership.empty
        moved = lab.directory.with_name("moved")

        def exchanged(inside: int) -> None:
            lab.directory.rename(moved)
            if swap == "a link":
                lab.directory.symlink_to(data)
            else:
                data.rename(lab.directory)
            real(inside)

        monkeypatch.setattr(ownership, "empty", exchanged)
        with pytest.raises(LabBroken, match="cannot be removed"):
            ownership.delete(lab.id, lab.directory)
        assert (lab.directory / "thesis.txt").exists()
        assert list(moved.iterdir()) == []

    def test_it_is_proven_again(self, lab: Lab) -> None:
        with pytest.raises(LabBroken, match="is the plan of"):
            ownership.delete("xyz", lab.directory)
        assert lab.plan_file.exists()


class TestNumber:
    def test_it_is_drawn_once_whoever_asks_at_the_same_time(self, tmp_path: Path) -> None:
        found: list[str] = []

        def ask() -> None:
            ownership.settle(tmp_path / "labs")
            found.append(ownership.lab_id(tmp_path / "labs" / "default"))

        _at_once(8, ask)
        assert len(found) == 8
        assert len(set(found)) == 1

    def test_two_directories_of_labs_never_share_an_id(self, tmp_path: Path) -> None:
        ids = set()
        for _ in range(50):
            labs = tmp_path / "labs"  # the same path each time, as in containers of a CI
            ownership.settle(labs)
            ids.add(ownership.lab_id(labs / "default"))
            shutil.rmtree(labs)
        assert len(ids) == 50


def _at_once(times: int, action: Callable[[], None]) -> None:
    threads = [threading.Thread(target=action) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
