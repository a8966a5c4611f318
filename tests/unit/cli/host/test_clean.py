"""`swarmdrill clean`: what goes, what stays and is named, and what the exit status says; the provider is pretended."""

import argparse
from pathlib import Path

import pytest

from pretended.hosts import host
from pretended.programs import only_shims
from pretended.things_of_labs import PretendedProvider, made, provide
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.settings import Settings
from swarmdrill.cli.host import clean as clean_verb
from swarmdrill.machines import hosts


@pytest.fixture
def here(tmp_path: Path) -> Path:
    return tmp_path / "here" / "labs"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    return tmp_path / "elsewhere" / "labs"


@pytest.fixture
def provider(tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> PretendedProvider:
    # Not in the checkout, which may have a state directory of its own.
    monkeypatch.chdir(tmp_path)
    return provide(here.parent, monkeypatch)


def clean(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    clean_verb.add_arguments(parser)
    return clean_verb.run(parser.parse_args(arguments), Settings.read({}, lambda _: None))


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
            f"the node images, the engine and {here.parent} stay: what was left alone may need them",
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


class TestBuilt:
    """What set-up and builds made, in the state directory and beside it."""

    def test_the_engine_that_set_up_started_is_stopped_before_its_record_goes(
        self, provider: PretendedProvider, here: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stopped = []
        for name, service in (("engine", clean_verb.host_engine), ("hypervisor", clean_verb.libvirt)):
            record = here.parent / name / ("dockerd.pid" if name == "engine" else "libvirtd.pid")
            record.parent.mkdir(parents=True)
            record.touch()
            monkeypatch.setattr(service, "started_by_us", lambda: True)
            monkeypatch.setattr(service, "stop", lambda record=record: stopped.append(record.exists()))
        assert clean() == 0
        assert stopped == [True, True]
        assert not here.parent.exists()

    def test_its_record_stays_while_something_may_need_it(
        self, provider: PretendedProvider, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without the record no later command could stop it."""
        (here.parent / "engine").mkdir(parents=True)
        (here.parent / "engine" / "dockerd.pid").touch()
        (tmp_path / "data").mkdir()
        provider.plant("xyz", tmp_path / "data")
        monkeypatch.setattr(clean_verb.host_engine, "started_by_us", lambda: True)
        monkeypatch.setattr(clean_verb.host_engine, "stop", lambda: pytest.fail("the engine was stopped"))
        assert clean() == 0
        assert (here.parent / "engine" / "dockerd.pid").exists()

    def test_the_usual_directory_stays_where_the_state_is_kept_elsewhere(
        self,
        provider: PretendedProvider,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        kept = made(provider, tmp_path / ".swarmdrill" / "labs", "default", kept=True)
        provider.things.clear()
        assert clean() == 0
        assert kept.plan_file.exists()
        assert "clean --state-dir=.swarmdrill` cleans it" in capsys.readouterr().err

    def test_what_swarmdrill_did_not_make_stays_and_is_a_failure(
        self, provider: PretendedProvider, here: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        here.parent.mkdir()
        (here.parent / "thesis.txt").touch()
        (here.parent / "docker-hosts").touch()
        assert clean() == 1
        assert [path.name for path in here.parent.iterdir()] == ["thesis.txt"]
        assert f"left alone: {here.parent}/thesis.txt: swarmdrill does not make that" in capsys.readouterr().err

    def test_what_providers_leave_alone_is_said(
        self, provider: PretendedProvider, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(provider, "remove_built", lambda: [said("left alone: image mine")])
        assert clean() == 0
        assert capsys.readouterr().err == "left alone: image mine\n"


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
