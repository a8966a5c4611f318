"""One configuration object; every option is spelled the same for pytest, `swarmdrill`, ini files and environment."""

import configparser
import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmdrill.base import places, plugins
from swarmdrill.base.errors import UsageProblem
from swarmdrill.base.messages import Message, said

# Those that come with swarmdrill; other packages add more (`base.plugins`).
PROVIDERS = ("docker", "libvirt", "virtualbox")
# As pyproject.toml names them; the first is the document's, which scenarios drill where nothing else is said.
PROCEDURES = ("document", "from-one", "hot", "rolling")
KEEP = ("never", "failed", "always")
# As the docker client's --host takes it, in full.
_ADDRESS = re.compile(r"unix:///\S.*|(?:tcp|ssh|https?)://[^/\s]\S*")


@dataclass(frozen=True)
class Option:
    """One setting. The ini key is `swarmdrill_<name>`, the variable `SWARMDRILL_<NAME>`, the flag `--<name>`.

    Pytest has it as `--swarmdrill-<name>` too, which is nobody else's.

    Beside `choices` it can be any name in the entry-point group `added`, where there is one.
    """

    name: str
    default: str
    help: str
    choices: tuple[str, ...] = ()
    is_flag: bool = False
    added: str = ""

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def long_flag(self) -> str:
        return "--" + self.dest.replace("_", "-")

    @property
    def dest(self) -> str:
        """Its name among all options of pytest."""
        return f"swarmdrill_{self.name}"

    def described(self) -> str:
        """The help text, with choices and default."""
        choices = f": {', '.join(self.choices)}" if self.choices else ""
        choices += ", or one that another package adds" if self.added else ""
        return f"{self.help}{choices} (default {self.default})"

    @property
    def ini(self) -> str:
        return f"swarmdrill_{self.name}"

    @property
    def variable(self) -> str:
        return f"SWARMDRILL_{self.name.upper()}"


OPTIONS: tuple[Option, ...] = (
    Option("provider", "docker", "what the machines are", PROVIDERS, added=plugins.PROVIDERS),
    Option(
        "docker_host",
        "auto",
        "address of the Docker Engine that containers are made on, as DOCKER_HOST has it; "
        "auto: a lab that is there keeps its own, a new one is on that of DOCKER_HOST, else of the client's context",
    ),
    Option("engine", "26.1.5", "Docker Engine version on the machines, as `swarmdrill doctor` lists them"),
    Option("managers", "3", "number of managers: 1, 3, 5 or 7"),
    Option("workers", "0", "number of workers, 0 to 8"),
    Option("even_managers", "no", "allow an even number of managers (it tolerates no more loss)", is_flag=True),
    Option("subnet", "auto", "subnet of the lab's network, a /24 such as 10.213.7.0/24, or auto"),
    Option("registry", "no", "let nodes pull nginx from a registry instead of bringing one", is_flag=True),
    Option("keep", "never", "leave the lab running after the session", KEEP),
    Option("reuse", "no", "use the lab that `swarmdrill up` made, and leave it running", is_flag=True),
    Option("repeat", "1", "run every scenario this often, 1 to 1000 times"),
    Option("examples", "1", "random sequences that the scenario of that name plays, 1 to 1000"),
    Option("timeout_scale", "1", "multiply every time-out by this, for slow machines"),
    Option("reports_dir", "reports", "where results and the report are written"),
    Option("state_dir", places.STATE_NAME, "where labs and what set-up makes are kept"),
    Option(
        "procedure",
        PROCEDURES[0],
        "the way to back up and restore that scenarios drill",
        PROCEDURES,
        added=plugins.PROCEDURES,
    ),
    Option("claims", places.NO_CLAIMS, "file of claims of your own, which are checked beside swarmdrill's"),
)


@dataclass(frozen=True)
class Settings:
    """What a run was asked for, checked.

    `docker_host` is an address or "auto"; `timeout_scale` is a factor; `reports_dir` and `state_dir` are absolute,
    and so is `claims`, which is None where there are swarmdrill's alone.
    """

    provider: str
    docker_host: str
    engine: str
    managers: int
    workers: int
    even_managers: bool
    subnet: str
    registry: bool
    keep: str
    reuse: bool
    repeat: int
    examples: int
    timeout_scale: float
    reports_dir: Path
    state_dir: Path
    procedure: str
    claims: Path | None

    @classmethod
    def read(cls, given: Mapping[str, Any], ini: Callable[[str], str | None]) -> "Settings":
        """Collect the settings: what was `given` on the command line wins, then environment, ini file, default.

        `given` maps option names to strings (or True for flags); absent or None means not given. `ini`
        returns the text of an ini key or None. Raises UsageProblem, naming where the bad value came from.
        """
        values: dict[str, str] = {}
        origin: dict[str, str] = {}
        for option in OPTIONS:
            origin[option.name], values[option.name] = _chosen(option, given, ini)
        return _checked(values, origin)


def claims_of(given: Mapping[str, Any], ini: Callable[[str], str | None]) -> Path | None:
    """The file of claims alone, of what `Settings.read` takes; nothing is checked, and no other setting is read."""
    (option,) = (each for each in OPTIONS if each.name == "claims")
    _, named = _chosen(option, given, ini)
    return _claims_file(named)


def _claims_file(named: str) -> Path | None:
    return None if named == places.NO_CLAIMS else (places.project() / named).resolve()


def _chosen(option: Option, given: Mapping[str, Any], ini: Callable[[str], str | None]) -> tuple[str, str]:
    """Where the value of an option comes from, and the value."""
    raw = given.get(option.name)
    candidates = (
        (option.flag, "yes" if raw is True else raw),
        (option.variable, os.environ.get(option.variable)),
        (option.ini, ini(option.ini)),
        ("the default", option.default),
    )
    return next((where, str(value)) for where, value in candidates if value not in (None, ""))


def _checked(values: Mapping[str, str], origin: Mapping[str, str]) -> Settings:
    def refuse(name: str, problem: Message) -> UsageProblem:
        return UsageProblem(
            said("{origin} '{value}': {problem}", origin=origin[name], value=values[name], problem=problem)
        )

    def number(name: str, kind: type[int] | type[float], lowest: float, highest: float, remedy: Message) -> Any:
        try:
            value = kind(values[name])
        except ValueError:
            raise refuse(name, said("is not a number; {remedy}", remedy=remedy)) from None
        if not lowest <= value <= highest:
            raise refuse(name, remedy)
        return value

    def yes_no(name: str) -> bool:
        text = values[name].lower()
        if text not in {"yes", "no", "true", "false", "1", "0", "on", "off"}:
            raise refuse(name, said("say yes or no"))
        return text in {"yes", "true", "1", "on"}

    for option in OPTIONS:
        # What other packages add is looked up only where it matters: every pytest session may come here.
        if option.choices and values[option.name] not in option.choices:
            added = sorted(plugins.found(option.added).keys() - set(option.choices)) if option.added else []
            if values[option.name] not in added:
                raise refuse(option.name, said("choose one of {choices:,}", choices=(*option.choices, *added)))
    if values["docker_host"] != "auto" and not _ADDRESS.fullmatch(values["docker_host"]):
        raise refuse("docker_host", said("say auto, or an address as unix:///run/docker.sock or tcp://HOST:PORT"))
    managers = number("managers", int, 1, 7, said("a swarm here has 1, 3, 5 or 7 managers"))
    even = yes_no("even_managers")
    if managers % 2 == 0 and not even:
        raise refuse(
            "managers",
            said(
                "an even number tolerates no more loss than {fewer}; use 1, 3, 5 or 7, or say --even-managers",
                fewer=managers - 1,
            ),
        )
    workers = number("workers", int, 0, 8, said("0 to 8 workers"))
    repeat = number("repeat", int, 1, 1000, said("1 to 1000 times"))
    examples = number("examples", int, 1, 1000, said("1 to 1000 sequences"))
    scale = number("timeout_scale", float, 0.1, 100, said("between 0.1 and 100"))
    claims = _claims_file(values["claims"])
    if claims is not None and not claims.is_file():
        raise refuse("claims", said("there is no such file"))
    return Settings(
        provider=values["provider"],
        docker_host=values["docker_host"],
        engine=values["engine"],
        managers=managers,
        workers=workers,
        even_managers=even,
        subnet=values["subnet"],
        registry=yes_no("registry"),
        keep=values["keep"],
        reuse=yes_no("reuse"),
        repeat=repeat,
        examples=examples,
        timeout_scale=scale,
        reports_dir=(places.project() / values["reports_dir"]).resolve(),
        state_dir=(places.project() / values["state_dir"]).resolve(),
        procedure=values["procedure"],
        claims=claims,
    )


def variables() -> Mapping[str, str]:
    """This process's variables, for what is no setting of this product: those of a terminal, a CI system, pytest-xdist.

    For who shows something alone; how a host is used is said by its `host.host.Host`.
    """
    return os.environ


def how_to(verb: str, provider: str = "") -> str:
    """How the user says `setup` or `drill`, for machines of `provider`: to make in a checkout, else to swarmdrill."""
    default = next(option.default for option in OPTIONS if option.name == "provider")
    other = provider if provider != default else ""
    if places.CHECKOUT is not None:
        return f"make {verb} PROVIDER={other}" if other else f"make {verb}"
    return f"swarmdrill {verb} --provider={other}" if other else f"swarmdrill {verb}"


def ini_file(directory: Path | None = None) -> Callable[[str], str | None]:
    """Read the keys that pytest itself would read in `directory`, for the commands that run without pytest.

    `directory` is by default the one that is worked in. As pytest does it, the first of its files that speaks of pytest
    is read, and no other (docs.pytest.org/en/stable/reference/customize.html).
    """
    where = directory or places.project()
    for name, section in _INI_FILES.items():
        found = _section(where / name, section)
        if found is not None or ((where / name).is_file() and name.endswith("pytest.ini")):
            return lambda key: None if (value := (found or {}).get(key)) is None else str(value)
    return lambda _: None


_INI_FILES = {
    "pytest.ini": "pytest",
    ".pytest.ini": "pytest",
    "pyproject.toml": "tool.pytest.ini_options",
    "tox.ini": "pytest",
    "setup.cfg": "tool:pytest",
}


def _section(path: Path, name: str) -> Mapping[str, Any] | None:
    """The keys of a section of a file; None where it has no such section. Raises UsageProblem for a bad file."""
    if not path.is_file():
        return None
    try:
        if path.suffix == ".toml":
            found: Any = tomllib.loads(path.read_text(encoding="utf-8"))
            for part in name.split("."):
                found = found.get(part) if found else None
            return found if isinstance(found, dict) else None
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_string(path.read_text(encoding="utf-8"))
        return parser[name] if parser.has_section(name) else None
    except (configparser.Error, tomllib.TOMLDecodeError) as problem:
        raise UsageProblem(
            said("{path} cannot be read: {problem}", path=path, problem=" ".join(str(problem).split()))
        ) from None
