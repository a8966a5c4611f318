"""Which labs go and which stay, by what providers say and by what is on disk; the provider is pretended."""

import os
from contextlib import ExitStack
from pathlib import Path

import pytest

from pretended.hosts import host
from pretended.things_of_labs import PretendedProvider, made, provide
from swarmdrill.base.errors import LabBroken
from swarmdrill.host import leftovers
from swarmdrill.machines import removal
from swarmdrill.machines.lab import REMOVAL, Lab


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here" / "labs"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "labs"


@pytest.fixture
def provider(here: Path, monkeypatch: pytest.MonkeyPatch) -> PretendedProvider:
    return provide(here.parent, monkeypatch)


class TestReap:
    def test_dead_labs_go_wherever_they_are_and_kept_ones_stay(
        self, provider: PretendedProvider, here: Path, elsewhere: Path
    ) -> None:
        dead = [made(provider, labs, "run-1-c0ffee") for labs in (here, elsewhere)]
        kept = [made(provider, labs, "default", kept=True) for labs in (here, elsewhere)]
        assert removal.reap(host()) == ()
        assert [lab.directory.exists() for lab in (*dead, *kept)] == [False, False, True, True]
        assert [thing.lab for thing in provider.things] == [lab.id for lab in kept]

    def test_a_lab_that_another_checkout_is_just_removing_is_waited_for(
        self, provider: PretendedProvider, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It found the lab by its labels, and has its own turn to remove labs."""
        lab = made(provider, here, "run-1-c0ffee")
        asked = []
        with ExitStack() as theirs:
            theirs.enter_context(lab.lock(REMOVAL))
            being_removed = Lab.being_removed

            def until_the_third_time(lab: Lab) -> bool:
                asked.append(lab.id)
                if len(asked) == 3:
                    removal.remove(lab)
                    theirs.close()
                return being_removed(lab)

            monkeypatch.setattr(Lab, "being_removed", until_the_third_time)
            removal.reap(host())
        assert len(asked) == 3
        assert not lab.directory.exists()

    def test_a_removal_that_does_not_end_is_the_hosts_fault(self, provider: PretendedProvider, here: Path) -> None:
        lab = made(provider, here, "run-1-c0ffee")
        with lab.lock(REMOVAL), pytest.raises(LabBroken, match="another process is at it"):
            removal.reap(host())

    def test_a_lab_in_use_is_waited_for_by_nobody(self, provider: PretendedProvider, here: Path) -> None:
        lab = made(provider, here, "run-1-c0ffee")
        with lab.lock():
            removal.reap(host())
            assert lab.plan_file.exists()

    def test_records_of_calls_go_with_the_process_that_made_them(
        self, provider: PretendedProvider, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Of a lab that is kept: a process that looked at it was killed, and another one looks at it now."""
        monkeypatch.setattr(leftovers, "PROC", tmp_path / "proc")
        (tmp_path / "proc" / "12").mkdir(parents=True)
        lab = made(provider, here, "default", kept=True)
        for process in ("11", "12"):
            (lab.sockets / process / "manager1").mkdir(parents=True)
            (lab.sockets / process / "manager1" / "stdout").write_text("SWMTKN-1-...")
        removal.reap(host())
        assert [path.name for path in lab.sockets.iterdir()] == ["12"]

    @pytest.mark.parametrize("planted", ["another user's", "a link"])
    def test_records_in_a_directory_that_is_not_the_lab_s_stay(
        self, provider: PretendedProvider, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, planted: str
    ) -> None:
        """In the directory of temporary files anybody can make one with that name; what is in it may be this user's."""
        monkeypatch.setattr(leftovers, "PROC", tmp_path / "no-process")
        lab = made(provider, here, "default", kept=True)
        real = tmp_path / "data" if planted == "a link" else lab.sockets
        (real / "11").mkdir(parents=True)
        (real / "11" / "thesis.txt").touch()
        if planted == "a link":
            lab.sockets.symlink_to(real)
        else:
            real_lstat, theirs = Path.lstat, os.geteuid() + 1

            def lstat(path: Path) -> os.stat_result:
                found = real_lstat(path)
                return os.stat_result((*found[:4], theirs, *found[5:])) if path == lab.sockets else found

            monkeypatch.setattr(Path, "lstat", lstat)
        removal.reap(host())
        assert (real / "11" / "thesis.txt").exists()

    def test_one_in_use_stays(self, provider: PretendedProvider, here: Path, elsewhere: Path) -> None:
        ours, theirs = made(provider, here, "run-1-c0ffee"), made(provider, elsewhere, "run-2-c0ffee")
        with ours.lock(), theirs.lock():
            removal.reap(host())
        assert len(provider.things) == 2
        assert ours.directory.exists()
        assert theirs.directory.exists()

    def test_one_that_is_kept_at_the_last_moment_stays(
        self, provider: PretendedProvider, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """`up` keeps its lab, and lets go of it, between the question whether it is in use and the removal."""
        lab = made(provider, here, "default")
        real = Lab.in_use

        def in_use(asked: Lab) -> bool:
            answer = real(asked)
            asked.keep()
            return answer

        monkeypatch.setattr(Lab, "in_use", in_use)
        removal.reap(host())
        assert lab.directory.exists()

    def test_what_a_label_alone_speaks_of_stays_and_is_told(
        self, provider: PretendedProvider, here: Path, tmp_path: Path
    ) -> None:
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "thesis.txt").touch()
        lab = made(provider, here, "run-1-c0ffee")
        provider.plant("xyz", tmp_path / "data", "volume xyz")
        provider.plant("xyz", tmp_path / "data", "network xyz")
        provider.plant(lab.id, tmp_path / "data", "container c")
        first, second = removal.reap(host())
        assert not lab.directory.exists()
        assert (tmp_path / "data" / "thesis.txt").exists()
        assert [thing.what for thing in provider.things] == ["volume xyz", "network xyz", "container c"]
        assert first.describe() == (
            f"left alone: volume xyz, network xyz of lab 'xyz' in '{tmp_path}/data': {tmp_path} is no directory "
            "of labs. If nobody needs them: swarmdrill clean --lab=xyz removes them, and no directory."
        )
        assert second.things == ("container c",)
        assert not (tmp_path / "data.lock").exists(), "to look is to leave nothing"

    def test_a_directory_beside_the_labs_stays(self, provider: PretendedProvider, here: Path) -> None:
        """As where somebody gives a directory with a `labs` of his own as the state directory."""
        made(provider, here, "run-1-c0ffee")
        (here / "precious").mkdir()
        (here / "precious" / "thesis.txt").touch()
        (stranger,) = removal.reap(host())
        assert stranger.describe().startswith(f"left alone: lab '{Lab(here / 'precious').id}' in '{here}/precious': ")
        assert sorted(path.name for path in here.iterdir()) == ["identity", "precious"]


class TestRemove:
    def test_nothing_is_touched_without_proof(
        self, provider: PretendedProvider, here: Path, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lab = made(provider, here, "run-1-c0ffee")
        lab.plan_file.write_text('{"id": "xyz"}')
        lab.mark()
        monkeypatch.setattr(removal, "end_processes", lambda mark: pytest.fail("processes of somebody were ended"))
        with pytest.raises(LabBroken, match=r"nothing of lab 'run-1-c0ffee-.*' is removed: .* is the plan of 'xyz'"):
            removal.remove(lab)
        assert len(provider.things) == 1
        assert lab.directory.exists()

    def test_its_processes_are_ended_by_its_own_mark(
        self, provider: PretendedProvider, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lab, ended = made(provider, here, "run-1-c0ffee"), list[str]()
        monkeypatch.setattr(removal, "end_processes", ended.append)
        mark = lab.mark()
        assert lab.mark() == mark
        assert len(mark) == 32
        removal.reap(host())
        assert ended == [mark]
        assert Lab(here / "run-2-c0ffee").mark() != mark
