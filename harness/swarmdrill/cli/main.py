"""The `swarmdrill` command: boot a lab by hand, look at it, take it down, build the report."""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from swarmdrill.base.errors import ConditionNotMet, LabBroken, UsageProblem
from swarmdrill.base.redaction import redact
from swarmdrill.base.settings import OPTIONS, Settings, ini_file
from swarmdrill.cli import claims as cli_claims, clean as cli_clean, doctor, lab, plumbing, report


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; errors become one message.

    Exit status: 0 done, 1 unhealthy or not reached, 2 bad request, 3 the lab broke, 130 interrupted,
    141 nobody reads the output any more.
    """
    try:
        parsed = _parser().parse_args(arguments)
        settings = Settings.read(vars(parsed), ini_file())
        return int(parsed.run(parsed, settings) or 0)
    except UsageProblem as problem:
        return _complain("", problem, 2)
    except LabBroken as problem:
        return _complain("the lab broke: ", problem, 3)
    except ConditionNotMet as problem:
        return _complain("", problem, 1)
    except BrokenPipeError:
        # Whoever read the output has enough, as in `swarmdrill status | head`; the interpreter must not try it again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except OSError as problem:
        return _complain("this host refused: ", problem, 3)
    except KeyboardInterrupt:
        return _complain("", KeyboardInterrupt("interrupted; `swarmdrill clean` removes what is left"), 130)


def _complain(prefix: str, problem: BaseException, status: int) -> int:
    print(f"swarmdrill: {prefix}{redact(str(problem))}", file=sys.stderr)
    return status


def _parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(add_help=False)
    group = options.add_argument_group("lab")
    for option in OPTIONS:
        if option.is_flag:
            group.add_argument(option.flag, action="store_true", default=None, help=option.help)
        else:
            help_ = option.described()
            group.add_argument(option.flag, metavar=option.name.upper(), help=help_)

    parser = argparse.ArgumentParser(
        prog="swarmdrill", description="A fire drill for Docker Swarm backups, on a real cluster."
    )
    verbs = parser.add_subparsers(required=True, metavar="COMMAND")

    def verb(name: str, action: Callable[..., object], help_: str | None) -> argparse.ArgumentParser:
        # A verb without help is plumbing between Vagrant and the harness and is not listed.
        sub = (
            verbs.add_parser(name, parents=[options], description=help_, help=help_)
            if help_
            else verbs.add_parser(name, parents=[options])
        )
        sub.set_defaults(run=action)
        return sub

    verb("up", lab.up, "boot a lab of this checkout and leave it running")
    verb("status", lab.status, "show what every manager itself says of the cluster")
    ssh = verb("ssh", lab.ssh, "open a shell on a machine of the lab, or run a command there")
    ssh.add_argument("machine", nargs="?", default="manager1")
    ssh.add_argument("command", nargs=argparse.REMAINDER, help="after --, a command to run instead of a shell")
    verb("down", lab.down, "take the lab of this checkout down")
    clean = verb("clean", cli_clean.clean, "remove everything this product made on this machine")
    clean.add_argument("--labs", action="store_true", help="only labs: keep the node images and the engine")
    verb("report", report.report, "build the HTML report from the results of the last run")
    claims = verb("claims", cli_claims.claims, "say of each claim what all stored runs found: a page, and JSON")
    cli_claims.add_arguments(claims)
    verb("doctor", doctor.doctor, "say what is there, what is missing, and what each provider can do here")
    verb("plan", plumbing.plan, None)
    for name, action in (("form", plumbing.form), ("release", plumbing.release)):
        verb(name, action, None).add_argument("directory", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
