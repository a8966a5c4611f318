"""Settings: which source wins, what is refused and in which words, and that both commands take the same options."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.config.findpaths import determine_setup

from pretended import ROOT
from pretended.checkout import Checkout, copy_checkout
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.settings import OPTIONS, Option, Settings, ini_file
from swarmdrill.cli import main
from swarmdrill.report.allure import session

BY_NAME = {option.name: option for option in OPTIONS}
SOURCES = ("flag", "environment", "ini")
# For each setting three values that differ from each other and, but for the provider, from the default.
VALUES = {
    "provider": ("docker", "docker", "docker"),
    "engine": ("1.0", "2.0", "3.0"),
    "docker_host": ("unix:///a.sock", "tcp://b.example:2375", "ssh://me@c.example"),
    "managers": ("1", "5", "7"),
    "workers": ("1", "2", "3"),
    "subnet": ("10.1.1.0/24", "10.1.2.0/24", "10.1.3.0/24"),
    "keep": ("failed", "always", "failed"),
    "repeat": ("2", "20", "1000"),
    "examples": ("1", "50", "1000"),
    "timeout_scale": ("2", "3", "4"),
    "reports_dir": ("a", "b", "c"),
    "state_dir": ("a", "b", "c"),
    "procedure": ("hot", "from-one", "rolling"),
    "claims": ("README.md", "LICENSE", "Makefile"),
}
BAD = [
    ("provider", "hyperv", "choose one of docker"),
    *(("docker_host", bad, "say auto, or an address") for bad in ("a.sock", "unix://a.sock", "tcp://", "tcp:// x")),
    ("claims", "nowhere.toml", "there is no such file"),
    ("claims", "docs", "there is no such file"),
    ("keep", "forever", "choose one of never, failed, always"),
    ("managers", "0", "1, 3, 5 or 7 managers"),
    ("managers", "-3", "1, 3, 5 or 7 managers"),
    ("managers", "9", "1, 3, 5 or 7 managers"),
    ("managers", "three", "is not a number; a swarm here has 1, 3, 5 or 7 managers"),
    ("managers", "2.5", "is not a number; a swarm here has 1, 3, 5 or 7 managers"),
    ("managers", "2", "tolerates no more loss than 1; use 1, 3, 5 or 7, or say --even-managers"),
    ("managers", "6", "tolerates no more loss than 5; use 1, 3, 5 or 7, or say --even-managers"),
    ("workers", "-1", "0 to 8 workers"),
    ("workers", "9", "0 to 8 workers"),
    ("workers", "many", "is not a number; 0 to 8 workers"),
    ("repeat", "0", "1 to 1000 times"),
    ("repeat", "1001", "1 to 1000 times"),
    ("repeat", "often", "is not a number; 1 to 1000 times"),
    ("examples", "0", "1 to 1000 sequences"),
    ("examples", "1001", "1 to 1000 sequences"),
    ("examples", "few", "is not a number; 1 to 1000 sequences"),
    ("timeout_scale", "0", "between 0.1 and 100"),
    ("timeout_scale", "-1", "between 0.1 and 100"),
    ("timeout_scale", "101", "between 0.1 and 100"),
    ("timeout_scale", "nan", "between 0.1 and 100"),
    ("timeout_scale", "inf", "between 0.1 and 100"),
    ("timeout_scale", "fast", "is not a number; between 0.1 and 100"),
]
YES_NO = [option.name for option in OPTIONS if option.is_flag]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SWARMDRILL_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Settings]:
    """Read settings that come from the sources that are named: source to setting to value."""

    def read(**sources: dict[str, str | bool]) -> Settings:
        for option in OPTIONS:
            monkeypatch.delenv(option.variable, raising=False)
        for name, value in sources.get("environment", {}).items():
            monkeypatch.setenv(BY_NAME[name].variable, str(value))
        ini = {BY_NAME[name].ini: str(value) for name, value in sources.get("ini", {}).items()}
        return Settings.read(sources.get("flag", {}), ini.get)

    return read


def where(option: Option, source: str) -> str:
    return {"flag": option.flag, "environment": option.variable, "ini": option.ini}[source]


def shown(settings: Settings, name: str) -> str:
    value = getattr(settings, name)
    if value is None:
        return "none"
    return (
        str(value.relative_to(ROOT)) if isinstance(value, Path) else f"{value:g}" if name == "timeout_scale" else value
    )


class TestPrecedence:
    def test_the_spellings_follow_from_the_name(self) -> None:
        option = BY_NAME["timeout_scale"]
        spelled = (option.flag, option.variable, option.ini)
        assert spelled == ("--timeout-scale", "SWARMDRILL_TIMEOUT_SCALE", "swarmdrill_timeout_scale")

    def test_the_tables_here_cover_every_option(self) -> None:
        assert VALUES.keys() | set(YES_NO) == BY_NAME.keys()

    @pytest.mark.parametrize("name", VALUES)
    def test_flag_then_environment_then_ini_then_default(self, read: Callable[..., Settings], name: str) -> None:
        flag, environment, ini = VALUES[name]
        given = {"flag": {name: flag}, "environment": {name: environment}, "ini": {name: ini}}
        for source, value in zip(SOURCES, VALUES[name], strict=True):
            assert str(shown(read(**given), name)) == value
            del given[source]
        assert str(shown(read(), name)) == BY_NAME[name].default

    @pytest.mark.parametrize("name", YES_NO)
    def test_yes_and_no_too(self, read: Callable[..., Settings], name: str) -> None:
        assert getattr(read(flag={name: True}, environment={name: "no"}, ini={name: "no"}), name) is True
        assert getattr(read(environment={name: "no"}, ini={name: "yes"}), name) is False
        assert getattr(read(ini={name: "on"}), name) is True
        assert getattr(read(), name) is False

    def test_absent_and_empty_are_not_given(self, read: Callable[..., Settings]) -> None:
        assert read(flag={"managers": None}, environment={"managers": ""}, ini={"managers": "5"}).managers == 5

    def test_an_even_number_of_managers_is_allowed_where_asked_for(self, read: Callable[..., Settings]) -> None:
        assert read(flag={"managers": "2", "even_managers": True}).managers == 2
        assert read(flag={"managers": "4"}, ini={"even_managers": "yes"}).managers == 4

    def test_an_absolute_reports_directory_stays(self, read: Callable[..., Settings], tmp_path: Path) -> None:
        assert read(flag={"reports_dir": str(tmp_path)}).reports_dir == tmp_path

    def test_the_ini_file_is_pytests_own(self, tmp_path: Path) -> None:
        """Which of several files counts is pytest's order; its own answer is the yardstick."""
        files = {
            "setup.cfg": "[tool:pytest]\nswarmdrill_managers = 1\n",
            "tox.ini": "[tox]\nswarmdrill_workers = 9\n[pytest]\nswarmdrill_managers = 5\naddopts = -k 100%\n",
            "pyproject.toml": "[tool.pytest.ini_options]\nswarmdrill_managers = '7'\n",
            "pytest.ini": "[pytest]\nswarmdrill_managers = 3\n",
        }
        assert ini_file(tmp_path)("swarmdrill_managers") is None
        for name, text in files.items():
            (tmp_path / name).write_text(text)
            _, read, found, *_ = determine_setup(
                inifile=None, args=[], rootdir_cmd_arg=None, invocation_dir=tmp_path, override_ini=None
            )
            assert read == tmp_path / name
            pytests = getattr(found["swarmdrill_managers"], "value", found["swarmdrill_managers"])
            assert ini_file(tmp_path)("swarmdrill_managers") == pytests
            assert ini_file(tmp_path)("swarmdrill_workers") is None
        (tmp_path / "pytest.ini").write_text("")
        assert ini_file(tmp_path)("swarmdrill_managers") is None, "an empty pytest.ini counts"

    def test_a_file_that_cannot_be_read_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "tox.ini").write_text("managers = 5\n")
        with pytest.raises(UsageProblem, match=r"tox\.ini cannot be read: "):
            ini_file(tmp_path)


class TestRefusals:
    @pytest.mark.parametrize("source", SOURCES)
    @pytest.mark.parametrize(("name", "value", "remedy"), BAD)
    def test_the_message_names_origin_value_and_remedy(
        self, read: Callable[..., Settings], source: str, name: str, value: str, remedy: str
    ) -> None:
        with pytest.raises(UsageProblem) as refused:
            read(**{source: {name: value}})
        message = str(refused.value)
        assert message.startswith(f"{where(BY_NAME[name], source)} {value!r}: ")
        assert remedy in message

    @pytest.mark.parametrize("source", ["environment", "ini"])
    @pytest.mark.parametrize("name", YES_NO)
    def test_perhaps_is_neither_yes_nor_no(self, read: Callable[..., Settings], source: str, name: str) -> None:
        with pytest.raises(UsageProblem, match="say yes or no") as refused:
            read(**{source: {name: "perhaps"}})
        assert str(refused.value).startswith(where(BY_NAME[name], source))

    @pytest.mark.parametrize(
        ("name", "value"),
        [("managers", "7"), ("workers", "8"), ("repeat", "1000"), ("examples", "1000"), ("timeout_scale", "0.1")],
    )
    def test_the_limits_themselves_are_allowed(self, read: Callable[..., Settings], name: str, value: str) -> None:
        assert str(getattr(read(flag={name: value}), name)) == value

    @pytest.mark.parametrize("verb", ["up", "status", "down", "doctor"])
    def test_swarmdrill_ends_with_status_2_and_one_line(self, capsys: pytest.CaptureFixture[str], verb: str) -> None:
        assert main.main([verb, "--managers", "0"]) == 2
        printed = capsys.readouterr()
        assert printed.err == "swarmdrill: --managers '0': a swarm here has 1, 3, 5 or 7 managers\n"
        assert not printed.out


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return copy_checkout(tmp_path_factory.mktemp("config"))


def spellings(help_: str, headline: str) -> list[str]:
    """The flags with their placeholders in one group of a help text."""
    group = help_.split(f"\n{headline}\n", 1)[1].split("\n\n", 1)[0]
    return [match.replace("=", " ") for match in re.findall(r"^  (--[^\s,]+(?: [A-Z_]+)?)", group, re.MULTILINE)]


class TestCommands:
    def test_pytest_and_swarmdrill_show_the_same_options(self, checkout: Checkout) -> None:
        pytest_help, swarmdrill_help = checkout.pytest("--help").stdout, checkout.swarmdrill("up", "--help").stdout
        expected = [o.flag if o.is_flag else f"{o.flag} {o.name.upper()}" for o in OPTIONS]
        assert spellings(pytest_help, "the lab that scenarios run on:") == [*expected, "--scenario ID"]
        assert spellings(swarmdrill_help, "lab:") == expected
        for option in OPTIONS:
            assert len(re.findall(rf"^ +{option.flag}(?![\w-])", pytest_help, re.MULTILINE)) == 1, (
                "it is in one group only"
            )
            assert f"{option.ini} (" in pytest_help
            assert option.long_flag in pytest_help

    def test_collecting_boots_nothing_and_keeps_the_last_results(self, checkout: Checkout) -> None:
        last = checkout.root / "reports" / "allure-results" / "last-result.json"
        session.mark(last.parent)
        last.write_text("{}")
        done = checkout.pytest("scenarios", "--collect-only", "-q")
        assert done.returncode == 0, done.stdout + done.stderr
        assert "test_full_flow.py::test_full_flow" in done.stdout
        assert checkout.calls() == []
        assert last.exists()
        assert not (checkout.root / ".swarmdrill").exists()

    def test_the_record_of_calls_sees_a_session_that_drills(self, checkout: Checkout) -> None:
        """An engine that does not answer is also a bad request, in one line."""
        done = checkout.pytest("scenarios", "-q")
        assert checkout.calls()[0].startswith("docker --host unix:///var/run/docker.sock version")
        assert done.returncode == pytest.ExitCode.USAGE_ERROR
        expected = "ERROR: this host's Docker Engine does not answer (no daemon here): run `make setup`"
        assert done.stderr.strip().splitlines() == [expected]

    @pytest.mark.parametrize(
        ("arguments", "environment", "line"),
        [
            (["--managers=0"], {}, "--managers '0': a swarm here has 1, 3, 5 or 7 managers"),
            (["-n2"], {"SWARMDRILL_KEEP": "x"}, "SWARMDRILL_KEEP 'x': choose one of never, failed, always"),
            (["--reuse", "-n2"], {}, "--reuse has one lab, so it cannot be used with -n"),
            (["--engine=1.2.3"], {}, "Docker Engine '1.2.3' is in no catalogue; choose one of 20.10.5,"),
        ],
    )
    def test_pytest_refuses_with_status_4_and_one_line(
        self, checkout: Checkout, arguments: list[str], environment: dict[str, str], line: str
    ) -> None:
        done = checkout.pytest("scenarios", *arguments, **environment)
        assert done.returncode == pytest.ExitCode.USAGE_ERROR, done.stdout + done.stderr
        (said,) = done.stderr.strip().splitlines()
        assert said.startswith(f"ERROR: {line}")
        assert checkout.calls() == []

    def test_swarmdrill_refuses_what_the_ini_file_says(self, checkout: Checkout) -> None:
        ini = checkout.root / "tox.ini"
        before = ini.read_text()
        ini.write_text(before.replace("[pytest]\n", "[pytest]\nswarmdrill_workers = 99\n"))
        try:
            done = checkout.swarmdrill("up")
        finally:
            ini.write_text(before)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == "swarmdrill: swarmdrill_workers '99': 0 to 8 workers\n"
        assert checkout.calls() == []
