"""The verbs that look after this machine rather than a lab: clean, report, doctor."""

import argparse
import sys

from harness import lifecycle, trace
from harness.config import Settings
from harness.errors import UsageProblem
from harness.lab import Lab
from harness.provider import capabilities, docker, engines
from harness.report import html
from harness.report.console import Console
from harness.reporting import results_dir
from harness.setup import doctor as setup_doctor, engine as host_engine, requirements


def clean(arguments: argparse.Namespace, _: Settings) -> int:
    """Remove labs, and unless `--labs` is given the images and the engine that set-up started.

    Labs of other processes are left alone and named. Exit status 1 when something had to stay.
    """
    trace.TRACE.subscribe(Console(sys.stdout))
    busy = _clean_labs() if host_engine.ask().version else []
    for lab in busy:
        print(f"lab {lab.directory.name!r} of {lab.directory.parents[2]} is in use: left alone", file=sys.stderr)
    if not arguments.labs and not busy:
        if host_engine.ask().version and (built := docker.images()):
            with trace.phase("remove the node images"):
                docker.docker("rmi", "--force", *built)
        if host_engine.started_by_us():
            with trace.phase("stop the Docker Engine that set-up started"):
                host_engine.stop()
    return 1 if busy else 0


def _clean_labs() -> list[Lab]:
    """Remove every lab on this machine that no process uses; return those that are used."""
    busy = []
    with lifecycle.removing():
        for lab in lifecycle.all_labs():
            try:
                with lab.lock(), trace.phase(f"remove lab {lab.directory.name!r}"):
                    lifecycle.remove(lab)
            except UsageProblem:
                busy.append(lab)
    return busy


def report(_: argparse.Namespace, settings: Settings) -> None:
    """Build the HTML report again from the results of the last run, and say where it is."""
    try:
        page = html.generate(results_dir(settings), settings.reports_dir / "html", None)
    except html.ReportError as problem:
        raise UsageProblem(str(problem)) from None
    print(page)


def doctor(_: argparse.Namespace, __: Settings) -> int:
    """Print what is there, what is missing, and what each provider can do; change nothing."""
    print(setup_doctor.report(capabilities.providers(), list(engines.releases())))
    return 0 if setup_doctor.complete(requirements.examine()) else 1
