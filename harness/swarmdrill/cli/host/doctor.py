"""`swarmdrill doctor`: say what this machine has, lacks and can do; change nothing."""

import argparse
from collections.abc import Callable, Mapping, Sequence

from swarmdrill.base.errors import ExitStatus, UsageProblem
from swarmdrill.base.settings import Settings, how_to
from swarmdrill.base.text import aligned
from swarmdrill.faults import loading as faults
from swarmdrill.host.host import Host
from swarmdrill.host.tools import ToolFinding
from swarmdrill.machines import hosts, registry
from swarmdrill.machines.build import releases
from swarmdrill.machines.capabilities import ProviderReport
from swarmdrill.procedures import loading as procedures
from swarmdrill.setup import doctor as setup_doctor, requirements
from swarmdrill.setup.doctor import MARKS, requirements_table
from swarmdrill.setup.requirements import Requirement


def report(
    table: Sequence[Requirement],
    findings: Mapping[str, ToolFinding],
    providers: Sequence[ProviderReport],
    engines: Sequence[str],
    *,
    remedy: str,
    named: Sequence[str] = (),
) -> str:
    """All of `swarmdrill doctor`: requirements, providers, what else is got by name, and the engines of nodes.

    `named` are tables of `by_name`.
    """
    return "\n\n".join(
        (
            requirements_table(table, findings, remedy),
            providers_table(providers),
            *named,
            f"Docker Engine versions for the machines: {', '.join(engines) or 'none'}",
        )
    )


def providers_table(providers: Sequence[ProviderReport]) -> str:
    """One line per provider and one per capability of it, each with its reason."""
    rows = [("", "provider", "")]
    for provider in providers:
        rows.append((MARKS[provider.usable], provider.name, provider.reason))
        for name, (able, reason) in provider.capabilities.items():
            rows.append(("", f"{MARKS[able]} {name}", reason))
    return "\n".join(aligned(rows))


def by_name(kind: str, names: Sequence[str], named: Callable[[str], object]) -> str:
    """One line per procedure or fault, with the reason of one that cannot be loaded."""
    rows = [("", kind, "")]
    for name in names:
        try:
            named(name)
        except UsageProblem as problem:
            rows.append((MARKS[False], name, str(problem)))
        else:
            rows.append((MARKS[True], name, ""))
    return "\n".join(aligned(rows))


def run(_: argparse.Namespace, settings: Settings) -> ExitStatus:
    """Print what is there, what is missing, what each provider can do, what goes by name; change nothing."""
    table = requirements.table(settings.provider, settings.docker_host)
    findings = requirements.examine(table)
    remedy = how_to("setup", settings.provider)
    named = (
        by_name("procedure", procedures.names(), procedures.named),
        by_name("fault", faults.names(), faults.named),
    )
    reports = _reports(hosts.asked_for(settings))
    print(report(table, findings, reports, list(releases.releases()), remedy=remedy, named=named))
    return ExitStatus.GOOD if setup_doctor.complete(table, findings) else ExitStatus.FAILED


def _reports(host: Host) -> list[ProviderReport]:
    return [_report(name, host) for name in registry.names()]


def _report(name: str, host: Host) -> ProviderReport:
    """What the provider says of itself; of one that cannot be loaded, why."""
    try:
        return registry.named(name, host).report()
    except UsageProblem as problem:
        return ProviderReport(name, usable=False, reason=str(problem))
