"""The verbs that look after this machine rather than a lab: clean, report, doctor."""

import argparse
import sys

from harness import lifecycle, trace
from harness.config import Settings
from harness.errors import UsageProblem
from harness.lab import Lab
from harness.provider import building, capabilities, engines
from harness.provider.registry import present
from harness.report import html
from harness.report.console import Console
from harness.reporting import results_dir
from harness.setup import doctor as setup_doctor, engine as host_engine, hypervisor, requirements


def clean(arguments: argparse.Namespace, _: Settings) -> int:
    """Remove labs, and unless `--labs` is given the images and the engine that set-up started.

    Labs of other processes are left alone and named. Exit status 1 when something had to stay.
    """
    trace.TRACE.subscribe(Console(sys.stdout))
    busy = _clean_labs()
    for lab in busy:
        print(f"lab {lab.directory.name!r} of {lab.directory.parents[2]} is in use: left alone", file=sys.stderr)
    if not arguments.labs and not busy:
        for provider in present():
            provider.remove_built()
        if host_engine.started_by_us():
            with trace.phase("stop the Docker Engine that set-up started"):
                host_engine.stop()
        if hypervisor.started_by_us():
            with trace.phase("stop the libvirt that set-up started"):
                hypervisor.stop()
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
    building.tidy()
    return busy


def report(_: argparse.Namespace, settings: Settings) -> None:
    """Build the HTML report again from the results of the last run, and say where it is."""
    try:
        page = html.generate(results_dir(settings), settings.reports_dir / "html", None)
    except html.ReportError as problem:
        raise UsageProblem(str(problem)) from None
    print(page)


def doctor(_: argparse.Namespace, settings: Settings) -> int:
    """Print what is there, what is missing, and what each provider can do; change nothing."""
    table = requirements.table(settings.provider)
    findings = requirements.examine(table)
    remedy = requirements.make("setup", settings.provider)
    print(setup_doctor.report(table, findings, capabilities.providers(), list(engines.releases()), remedy=remedy))
    return 0 if setup_doctor.complete(table, findings) else 1
