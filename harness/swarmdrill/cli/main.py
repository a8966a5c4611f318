"""The `swarmdrill` command: read what is asked for, load that verb alone, and end with one of `errors.ExitStatus`."""

import argparse
import errno
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import swarmdrill
from swarmdrill.base import places
from swarmdrill.base.errors import ConditionNotMet, ExitStatus, LabBroken, UsageProblem
from swarmdrill.base.messages import said
from swarmdrill.base.redaction import redact
from swarmdrill.base.settings import OPTIONS, Settings, ini_file


@dataclass(frozen=True)
class Verb:
    """A command. Its module, below this package, has `run(arguments, settings)`, and perhaps `add_arguments(parser)`.

    What has no `help` is plumbing between Vagrant and the harness, and is not listed. With `passes_on`, what this
    command does not know is left in `arguments.rest`; with `runs`, what stands behind `--` in `arguments.command`.
    """

    module: str
    help: str = ""
    passes_on: bool = False
    runs: bool = False


VERBS = {
    "setup": Verb("host.setup", "get what is missing on this machine; changes nothing when all is there"),
    "doctor": Verb("host.doctor", "say what is there, what is missing, and what each provider can do here"),
    "drill": Verb("drills.drill", "run the scenarios and make the report; other options go to pytest", passes_on=True),
    "up": Verb("labs.up", "boot a lab and leave it running"),
    "status": Verb("labs.status", "show what every manager itself says of the cluster"),
    "ssh": Verb("labs.ssh", "open a shell on a machine of the lab, or run a command there", runs=True),
    "down": Verb("labs.down", "take the labs down that were left running here"),
    "report": Verb("results.report", "build the HTML report from the results of the last run"),
    "claims": Verb("results.claims", "say of each claim what all stored runs found: a page, and JSON"),
    "clean": Verb("host.clean", "remove everything this product made on this machine"),
    "plan": Verb("vagrant.plan"),
    "form": Verb("vagrant.form"),
    "release": Verb("vagrant.release"),
}

# Why a path that was asked for cannot be read or written: this host is well, and would say the same again.
NO_SUCH_PLACE = frozenset(
    {
        errno.EACCES,
        errno.EEXIST,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EPERM,
        errno.EROFS,
    }
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors become one message. Returns one of `errors.ExitStatus`."""
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except UsageProblem as problem:
        return _complain("", problem, ExitStatus.BAD_REQUEST)
    except LabBroken as problem:
        return _complain("the lab broke: ", problem, ExitStatus.LAB_BROKE)
    except ConditionNotMet as problem:
        return _complain("", problem, ExitStatus.FAILED)
    except BrokenPipeError:
        # Whoever read the output has enough, as in `swarmdrill status | head`; the interpreter must not try it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.UNREAD
    except OSError as problem:
        status = ExitStatus.BAD_REQUEST if problem.errno in NO_SUCH_PLACE else ExitStatus.LAB_BROKE
        return _complain("this host refused: ", problem, status)
    except KeyboardInterrupt:
        interrupted = KeyboardInterrupt("interrupted; `swarmdrill clean` removes what is left")
        return _complain("", interrupted, ExitStatus.INTERRUPTED)


def _run(words: list[str]) -> int:
    name = next((word for word in words if not word.startswith("-")), "")
    verb = VERBS.get(name)
    if name and not verb:
        there = [known for known, each in VERBS.items() if each.help]
        raise UsageProblem(
            said("there is no command '{name}'; there are {there:,}; options go after it", name=name, there=there)
        )
    module = import_module(f"swarmdrill.cli.{verb.module}") if verb else None
    command: list[str] = []
    if verb and verb.runs and "--" in words:
        behind = words.index("--")
        words, command = words[:behind], words[behind + 1 :]
    parsed, rest = _parser(name, module).parse_known_args(words)
    if rest and not (verb and verb.passes_on):
        raise UsageProblem(
            said("unknown: {words}; `swarmdrill {name} --help` says what there is", words=" ".join(rest), name=name)
        )
    parsed.rest, parsed.command = rest, command
    settings = Settings.read(vars(parsed), ini_file())
    if settings.state_dir != places.state():
        places.keep_state_in(settings.state_dir)
    if settings.claims != places.claims():
        places.take_claims_from(settings.claims)
    assert module is not None  # argparse has refused what is no verb
    return int(module.run(parsed, settings) or ExitStatus.GOOD)


def _complain(prefix: str, problem: BaseException, status: ExitStatus) -> ExitStatus:
    print(f"swarmdrill: {prefix}{redact(str(problem))}", file=sys.stderr)
    return status


class _ShowVersion(argparse.Action):
    """Find the version out only when it is asked for: in a checkout, that is a question to git."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"{parser.prog} {swarmdrill.__version__}")
        parser.exit()


def _parser(chosen: str, module: ModuleType | None) -> argparse.ArgumentParser:
    """The parser for all verbs; `module` is that of the chosen one, whose own arguments are known to it alone."""
    parser = argparse.ArgumentParser(prog="swarmdrill", description=swarmdrill.__doc__, allow_abbrev=False)
    parser.add_argument("--version", action=_ShowVersion, nargs=0, help="print the version and end")
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")
    for name, verb in VERBS.items():
        if verb.help:
            sub = verbs.add_parser(name, allow_abbrev=False, description=verb.help, help=verb.help)
        else:  # argparse lists what has any help, also an empty one
            sub = verbs.add_parser(name, allow_abbrev=False)
        if name == chosen:
            _add_options(sub)
            getattr(module, "add_arguments", _none)(sub)
    return parser


def _none(parser: argparse.ArgumentParser) -> None:
    """For a verb that has the options of the lab alone."""


def _add_options(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("lab")
    for option in OPTIONS:
        if option.is_flag:
            group.add_argument(option.flag, action="store_true", default=None, help=option.help)
        else:
            group.add_argument(option.flag, metavar=option.name.upper(), help=option.described())


if __name__ == "__main__":
    sys.exit(main())
