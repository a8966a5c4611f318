"""One configuration object; every option is spelled the same for pytest, `swarmdrill`, ini files and environment."""

import configparser
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from swarmdrill.base.errors import UsageProblem

ROOT = Path(__file__).resolve().parents[3]
STATE_DIR = ROOT / ".swarmdrill"

PROVIDERS = ("docker", "libvirt", "virtualbox")
KEEP = ("never", "failed", "always")


@dataclass(frozen=True)
class Option:
    """One setting. The ini key is `swarmdrill_<name>`, the variable `SWARMDRILL_<NAME>`, the flag `--<name>`."""

    name: str
    default: str
    help: str
    choices: tuple[str, ...] = ()
    is_flag: bool = False

    @property
    def flag(self) -> str:
        return "--" + self.name.replace("_", "-")

    def described(self) -> str:
        """The help text, with choices and default."""
        choices = f": {', '.join(self.choices)}" if self.choices else ""
        return f"{self.help}{choices} (default {self.default})"

    @property
    def ini(self) -> str:
        return f"swarmdrill_{self.name}"

    @property
    def variable(self) -> str:
        return f"SWARMDRILL_{self.name.upper()}"


OPTIONS: tuple[Option, ...] = (
    Option("provider", "docker", "what the machines are", PROVIDERS),
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
)


@dataclass(frozen=True)
class Settings:
    """What a run was asked for, checked. `timeout_scale` is a factor; `reports_dir` is absolute."""

    provider: str
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

    @classmethod
    def read(cls, given: Mapping[str, Any], ini: Callable[[str], str | None]) -> "Settings":
        """Collect the settings: what was `given` on the command line wins, then environment, ini file, default.

        `given` maps option names to strings (or True for flags); absent or None means not given. `ini`
        returns the text of an ini key or None. Raises UsageProblem, naming where the bad value came from.
        """
        values: dict[str, str] = {}
        origin: dict[str, str] = {}
        for option in OPTIONS:
            raw = given.get(option.name)
            candidates = (
                (option.flag, "yes" if raw is True else raw),
                (option.variable, os.environ.get(option.variable)),
                (option.ini, ini(option.ini)),
                ("the default", option.default),
            )
            origin[option.name], values[option.name] = next(
                (where, str(value)) for where, value in candidates if value not in (None, "")
            )
        return _checked(values, origin)


def _checked(values: Mapping[str, str], origin: Mapping[str, str]) -> Settings:
    def refuse(name: str, problem: str) -> UsageProblem:
        return UsageProblem(f"{origin[name]} {values[name]!r}: {problem}")

    def number(name: str, kind: type[int] | type[float], lowest: float, highest: float, remedy: str) -> Any:
        try:
            value = kind(values[name])
        except ValueError:
            raise refuse(name, f"is not a number; {remedy}") from None
        if not lowest <= value <= highest:
            raise refuse(name, remedy)
        return value

    def yes_no(name: str) -> bool:
        text = values[name].lower()
        if text not in {"yes", "no", "true", "false", "1", "0", "on", "off"}:
            raise refuse(name, "say yes or no")
        return text in {"yes", "true", "1", "on"}

    for option in OPTIONS:
        if option.choices and values[option.name] not in option.choices:
            raise refuse(option.name, f"choose one of {', '.join(option.choices)}")
    managers, even = number("managers", int, 1, 7, "a swarm here has 1, 3, 5 or 7 managers"), yes_no("even_managers")
    if managers % 2 == 0 and not even:
        raise refuse(
            "managers",
            f"an even number tolerates no more loss than {managers - 1}; use 1, 3, 5 or 7, or say --even-managers",
        )
    workers = number("workers", int, 0, 8, "0 to 8 workers")
    repeat = number("repeat", int, 1, 1000, "1 to 1000 times")
    examples = number("examples", int, 1, 1000, "1 to 1000 sequences")
    scale = number("timeout_scale", float, 0.1, 100, "between 0.1 and 100")
    return Settings(
        provider=values["provider"],
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
        reports_dir=(ROOT / values["reports_dir"]).resolve(),
    )


def ini_file(path: Path = ROOT / "tox.ini") -> Callable[[str], str | None]:
    """Read the `[pytest]` section that pytest itself reads, for the commands that run without pytest."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(path, encoding="utf-8")
    section = parser["pytest"] if parser.has_section("pytest") else None
    return lambda key: section.get(key) if section is not None else None
