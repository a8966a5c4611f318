"""Which labs go and which stay, by what providers say and by what is on disk; the provider is pretended."""

import argparse
import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pretended.hosts import host
from pretended.programs import only_shims
from swarmdrill.base import places
from swarmdrill.base.errors import LabBroken, UsageProblem
from swarmdrill.base.settings import Settings
from swarmdrill.base.trace import TRACE
from swarmdrill.cli.host import clean as clean_verb
from swarmdrill.host import leftovers
from swarmdrill.machines import hosts, removal
from swarmdrill.machines.build import sandbox
from swarmdrill.machines.lab import Lab
from swarmdrill.machines.provider import Label


@dataclass
class PretendedProvider:
    """Has the things that a test plants, and forgets those that it is told to remove."""

    things: list[Label] = field(default_factory=list)
    built: bool = True

    def plant(self, lab: str, directory: object, what: str = "volume v") -> None:
        self.things.append(Label(lab, str(directory), what))

    def labels(self) -> list[Label]:
        return list(self.things)

    def remove_lab(self, lab: str, directory: str | None) -> None:
        self.things = [thing for thing in self.things if thing.lab != lab or directory not in (None, thing.directory)]

    def remove_built(self) -> None:
        self.built = False


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here" / "labs"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "labs"


@pytest.fixture
def provider(here: Path, monkeypatch: pytest.MonkeyPatch) -> PretendedProvider:
    made = PretendedProvider()
    for module in (removal, clean_verb):
        monkeypatch.setattr(module, "present", lambda _: [made])
    monkeypatch.setenv(places.STATE_VARIABLE, str(here.parent))
    monkeypatch.setattr(sandbox, "tidy", lambda: None)
    monkeypatch.setattr(TRACE, "_subscribers", [])
    monkeypatch.setattr(clean_verb.host_engine, "started_by_us", lambda: False)
    monkeypatch.setattr(clean_verb.libvirt, "started_by_us", lambda: False)
    return made


def made(provider: PretendedProvider, labs: Path, name: str, *, kept: bool = False) -> Lab:
    """A lab as a run leaves it, that nobody uses."""
    lab = Lab(labs / name)
    with lab.lock():
        lab.directory.mkdir()
        lab.plan_file.write_text(json.dumps({"id": lab.id}), encoding="utf-8")
        if kept:
            lab.keep()
    provider.plant(lab.id, lab.directory, f"network swarmdrill-{lab.id}")
    return lab


def clean(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    clean_verb.add_arguments(parser)
    return clean_verb.run(parser.parse_args(arguments), Settings.read({}, lambda _: None))


class TestReap:
    def test_dead_labs_go_wherever_they_are_and_kept_ones_stay(
        self, provider: PretendedProvider, here: Path, elsewhere: Path
    ) -> None:
        dead = [made(provider, labs, "run-1-c0ffee") for labs in (here, elsewhere)]
        kept = [made(provider, labs, "default", kept=True) for labs in (here, elsewhere)]
        assert removal.reap(host()) == ()
        assert [lab.directory.exists() for lab in (*dead, *kept)] == [False, False, True, True]
        assert [thing.lab for thing in provider.things] == [lab.id for lab in kept]

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


class TestClean:
    def test_labs_of_this_checkout_go_and_of_others_the_dead_ones(
        self, provider: PretendedProvider, here: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        ours = [made(provider, here, name, kept=True) for name in ("default", "run-1-c0ffee")]
        dead, kept = made(provider, elsewhere, "run-2-c0ffee"), made(provider, elsewhere, "default", kept=True)
        assert clean() == 0
        assert [lab.directory.exists() for lab in (*ours, dead, kept)] == [False, False, False, True]
        assert [thing.lab for thing in provider.things] == [kept.id]
        assert provider.built, "the lab that stays may need the images"
        assert capsys.readouterr().err.splitlines() == [
            f"left alone: {kept.directory} is kept: `swarmdrill clean --everybody` removes it too",
            "the node images and the engine stay: what was left alone may need them",
        ]

    def test_everybody_s_go_when_asked_for_and_are_named_but_those_in_use(
        self, provider: PretendedProvider, here: Path, elsewhere: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        kept, used = (made(provider, elsewhere, name, kept=True) for name in ("default", "run-1-c0ffee"))
        with used.lock():
            assert clean("--everybody", "--labs") == 0
        assert [lab.directory.exists() for lab in (kept, used)] == [False, True]
        said = capsys.readouterr()
        assert f"remove the lab in {kept.directory}, which was kept" in said.out
        assert said.err == f"left alone: {used.directory} is in use\n"

    def test_it_says_with_its_status_that_one_of_this_checkout_had_to_stay(
        self, provider: PretendedProvider, here: Path
    ) -> None:
        with made(provider, here, "run-1-c0ffee").lock():
            assert clean("--labs") == 1
        assert clean() == 0
        assert not provider.built

    def test_what_is_no_lab_stays_whoever_asks(
        self, provider: PretendedProvider, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "data").mkdir()
        provider.plant("xyz", tmp_path / "data")
        assert clean("--everybody") == 0
        assert (tmp_path / "data").exists()
        assert len(provider.things) == 1
        assert "swarmdrill clean --lab=xyz" in capsys.readouterr().err

    def test_engines_that_do_not_answer_any_more_are_named_once(
        self,
        provider: PretendedProvider,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        """Nothing there can be removed now, and it is not asked for ever after."""
        shim = only_shims(tmp_path / "bin", monkeypatch)
        shim("docker", 'case "$2" in *gone.sock) echo nobody listens >&2; exit 1 ;; *) echo 26.1.5 ;; esac')
        for engine in ("unix:///gone.sock", "unix:///there.sock"):
            hosts.remember(host(engine))
        assert clean() == 0
        assert not provider.built
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("the engine at unix:///gone.sock does not answer: what was made on it stays")
        assert line.endswith("`swarmdrill clean --docker-host=unix:///gone.sock` removes that")
        assert clean() == 0
        assert capsys.readouterr().err == ""


class TestOneLab:
    def test_things_go_and_no_directory_does(self, provider: PretendedProvider, tmp_path: Path) -> None:
        (tmp_path / "data").mkdir()
        provider.plant("xyz", tmp_path / "data")
        provider.plant("xyzzy", tmp_path / "data")
        assert clean("--lab=xyz") == 0
        assert [thing.lab for thing in provider.things] == ["xyzzy"]
        assert (tmp_path / "data").exists()

    @pytest.mark.parametrize("lab", ["xy", "", "*"])
    def test_there_is_none_of_that_name(self, provider: PretendedProvider, tmp_path: Path, lab: str) -> None:
        provider.plant("xyz", tmp_path)
        with pytest.raises(UsageProblem, match="nothing here says that it is of lab"):
            clean(f"--lab={lab}")
        assert len(provider.things) == 1

    def test_one_in_use_stays(self, provider: PretendedProvider, here: Path) -> None:
        lab = made(provider, here, "run-1-c0ffee")
        with lab.lock(), pytest.raises(UsageProblem, match="is in use"):
            clean(f"--lab={lab.id}")
        assert len(provider.things) == 1
